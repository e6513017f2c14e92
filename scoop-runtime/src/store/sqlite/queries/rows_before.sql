-- Rollback and operators: rows before a position, newest first.
select * from scoop_checkpoint
where run = ?1 and seq < ?2
order by seq desc, part limit ?3
