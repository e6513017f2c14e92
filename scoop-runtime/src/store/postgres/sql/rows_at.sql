-- A worker that resumes a run, and the writer when an answer was lost; locks nothing.
select seq, part, direction, kind, point, operation, arguments, frame, outcome, created_at
from scoop.checkpoint
where run = $1 and seq = any($2)
order by seq, part
