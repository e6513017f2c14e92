-- A worker that resumes a run; locks nothing.
select seq, part, direction, kind, point, operation, arguments, frame, outcome, created_at
from scoop_checkpoint
where run = ?1 and seq in (select value from json_each(?2))
order by seq, part
