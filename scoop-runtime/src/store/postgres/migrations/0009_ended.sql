-- Version 9: finished runs are found by their saga and when they ended, because each saga may have a
-- retention of its own. A program that knows only an earlier version can use the schema; what it
-- removes it finds slowly.

create index run_ended on scoop.run (saga, finished_at, id) where parent is null and status in (4, 5);

drop index scoop.run_finished;

insert into scoop.migration (version, name, oldest) values (9, 'ended', 1);
