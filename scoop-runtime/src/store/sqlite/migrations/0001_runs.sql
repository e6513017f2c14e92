-- The first schema: runs, their rows, and the workers that run them.
create table scoop_worker (
    name text primary key not null,
    epoch integer not null check (epoch > 0)
) without rowid;

create table scoop_run (
    id blob primary key not null check (length(id) = 16),
    saga text not null,
    key text,
    input blob not null,
    status integer not null check (status between 1 and 5),
    owner text,
    epoch integer not null,
    wake_at integer,
    pending_children integer not null default 0 check (pending_children >= 0),
    cancel integer not null default 0,
    seq integer not null default 0,
    output blob,
    failure blob,
    created_at integer not null,
    finished_at integer
) without rowid;

create unique index scoop_run_key on scoop_run (saga, key) where key is not null;

-- Runs that a worker has work to do on.
create index scoop_run_active on scoop_run (id) where status in (1, 2);

create table scoop_checkpoint (
    run blob not null references scoop_run (id) on delete cascade,
    seq integer not null check (seq > 0),
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
) without rowid;
