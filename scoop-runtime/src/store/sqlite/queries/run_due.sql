-- A worker that has looked for work: when the next run is due that nobody has; locks nothing.
select wake_at
from scoop_run
where owner is null and status in (1, 2) and wake_at > ?1
order by wake_at, id
limit 1
