-- Version 6: a run that waits may be nobody's until it is due. A program that knows only an earlier
-- version can use the schema; it takes such a run up before it is due, and waits in memory.

create index run_due on scoop.run (wake_at, id) where owner is null and status in (1, 2);

insert into scoop.migration (version, name, oldest) values (6, 'dormant', 1);
