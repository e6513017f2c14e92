-- Version 1: runs, their checkpoints, and the workers that run them.

create table scoop_run (
    id blob not null primary key check (length(id) = 16),
    saga text not null,
    key text,
    input blob not null,
    status integer not null check (status between 1 and 5),
    owner text,
    epoch integer not null check (epoch >= 0),
    wake_at integer,
    pending_children integer not null default 0 check (pending_children >= 0),
    cancel integer not null default 0 check (cancel in (0, 1)),
    seq integer not null check (seq >= 0),
    output blob,
    failure blob,
    created_at integer not null,
    finished_at integer
) strict, without rowid;

create unique index scoop_run_key on scoop_run (saga, key) where key is not null;

create index scoop_run_saga on scoop_run (saga, id);

create index scoop_run_active on scoop_run (id) where status in (1, 2);

create table scoop_checkpoint (
    run blob not null references scoop_run (id) on delete cascade,
    seq integer not null check (seq >= 1),
    part text not null,
    direction integer not null check (direction in (1, 2)),
    kind integer not null check (kind between 1 and 5),
    point text not null,
    operation text,
    arguments blob,
    frame blob,
    outcome blob,
    created_at integer not null,
    primary key (run, seq, part)
) strict, without rowid;

create table scoop_worker (
    name text not null primary key,
    epoch integer not null check (epoch >= 1),
    live integer not null check (live in (0, 1))
) strict, without rowid;
