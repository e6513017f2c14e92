-- Version 7: a run has a priority, and may be of a queue, of which only so many run at once.

-- `absent`: it waits for a run below, in its worker's memory, and has no place in its queue meanwhile.
-- `lost`: how often a worker died that had it.
alter table scoop_run add column priority integer not null default 0;

alter table scoop_run add column queue text not null default '';

alter table scoop_run add column absent integer not null default 0;

alter table scoop_run add column lost integer not null default 0;

create index scoop_run_ready on scoop_run (queue, priority, wake_at, id)
where owner is null and status in (1, 2);

create index scoop_run_queue on scoop_run (queue, owner, epoch)
where queue <> '' and owner is not null and status in (1, 2) and absent = 0;

create table scoop_queue (
    name text not null primary key,
    most integer not null check (most >= 0)
) strict, without rowid;
