-- Anybody: a run.
select * from scoop_run where id = ?1
