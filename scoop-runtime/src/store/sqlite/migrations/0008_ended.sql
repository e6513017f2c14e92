-- Version 8: finished runs are found by their saga and when they ended, because each saga may have a
-- retention of its own.

create index scoop_run_ended on scoop_run (saga, finished_at, id)
where parent is null and status in (4, 5);

drop index scoop_run_finished;
