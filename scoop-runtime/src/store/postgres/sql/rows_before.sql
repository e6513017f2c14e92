-- A worker that rolls back, and anybody who reads a history; locks nothing.
select seq, part, direction, kind, point, operation, arguments, frame, outcome, created_at
from scoop.checkpoint
where run = $1 and seq <= $2
order by seq desc, part
limit $3
