-- A worker that is about to give up a run; locks nothing by itself. Whether one that it waits for goes on.
select exists (select 1 from scoop_run where id = ?1 and status in (1, 2))
