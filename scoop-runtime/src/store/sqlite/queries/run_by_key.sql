-- Anybody: the run that was started under a key.
select * from scoop_run where saga = ?1 and key = ?2
