-- The writer, when a row was there already; locks nothing by itself.
select seq, part, direction, kind, point, operation, arguments, frame, outcome, created_at
from scoop_checkpoint
where run = ?1 and seq = ?2 and part = ?3
