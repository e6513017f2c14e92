-- Version 1: runs, their checkpoints, and the workers that run them.

create schema if not exists scoop;

-- `oldest` is the oldest version a program may know and still use the schema: a migration that only
-- adds leaves it as it was, one that takes away (a release later) raises it.
create table scoop.migration (
    version bigint not null primary key,
    name text not null,
    oldest bigint not null,
    applied_at timestamptz not null default clock_timestamp()
);

-- The position of a run is not here but the greatest `seq` of its checkpoints, so that a step
-- costs one insert and no update.
create table scoop.run (
    id uuid not null primary key,
    saga text collate "C" not null,
    key text collate "C",
    input bytea not null,
    status smallint not null check (status between 1 and 5),
    owner text collate "C",
    epoch bigint not null check (epoch >= 0),
    wake_at bigint,
    pending_children bigint not null default 0 check (pending_children >= 0),
    cancel boolean not null default false,
    output bytea,
    failure bytea,
    created_at bigint not null,
    finished_at bigint
);

create unique index run_key on scoop.run (saga, key) where key is not null;

create index run_saga on scoop.run (saga, id);

create index run_active on scoop.run (owner, epoch, id) where status in (1, 2);

-- No foreign key: the statement that appends checks that the run is there, and a trigger for each
-- row would cost more than the row.
create table scoop.checkpoint (
    run uuid not null,
    seq bigint not null check (seq >= 1),
    part text collate "C" not null,
    direction smallint not null check (direction in (1, 2)),
    kind smallint not null check (kind between 1 and 5),
    point text not null,
    operation text,
    arguments bytea,
    frame bytea,
    outcome bytea,
    created_at bigint not null,
    primary key (run, seq, part)
);

-- The unique constraint makes `epoch` and `live` key columns: whoever changes them waits for every
-- batch that holds the row `for key share`, while a heartbeat waits for nobody.
create table scoop.worker (
    name text collate "C" not null primary key,
    epoch bigint not null check (epoch >= 1),
    live boolean not null,
    lease_until timestamptz not null,
    backend integer,
    backend_start timestamptz,
    unique (name, epoch, live)
) with (fillfactor = 50);

insert into scoop.migration (version, name, oldest) values (1, 'runs', 1);
