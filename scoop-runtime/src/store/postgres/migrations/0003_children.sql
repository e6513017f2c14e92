-- Version 3: a run may be awaited by another one. A program that knows only an earlier version can use
-- the schema; it cannot continue a run that awaits one.

alter table scoop.run
    add column parent uuid,
    add column depth smallint not null default 0;

create index run_parent on scoop.run (parent, id) where parent is not null;

insert into scoop.migration (version, name, oldest) values (3, 'children', 1);
