-- A worker that has looked for work: when the next run is due that nobody has; locks nothing.
select run.wake_at
from scoop.run
where run.owner is null and run.status in (1, 2) and run.wake_at > $1
order by run.wake_at, run.id
limit 1
