-- Version 4: finished runs are found by when they ended, to be removed.

create index run_finished on scoop.run (finished_at, id) where parent is null and status in (4, 5);

insert into scoop.migration (version, name, oldest) values (4, 'finished', 1);
