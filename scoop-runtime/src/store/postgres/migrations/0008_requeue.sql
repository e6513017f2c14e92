-- Version 8: a worker may be asked to give a run up. A program that knows only an earlier version can use
-- the schema; its workers do not hear of it.

create table scoop.requeue (
    run uuid not null primary key,
    owner text collate "C" not null,
    epoch bigint not null,
    why bytea
);

create index requeue_owner on scoop.requeue (owner, epoch);

insert into scoop.migration (version, name, oldest) values (8, 'requeue', 1);
