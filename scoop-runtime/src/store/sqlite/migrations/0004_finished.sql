-- Version 4: finished runs are found by when they ended, to be removed.

create index scoop_run_finished on scoop_run (finished_at, id)
where parent is null and status in (4, 5);
