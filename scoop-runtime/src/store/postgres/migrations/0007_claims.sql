-- Version 7: a run has a priority, and may be of a queue, of which only so many run at once. A program
-- that knows only an earlier version can use the schema; it takes runs up in the order in which they
-- are due, however many of a queue run already.

-- `absent`: it waits for a run below, in its worker's memory, and has no place in its queue meanwhile.
-- `lost`: how often a worker died that had it.
alter table scoop.run
    add column priority smallint not null default 0,
    add column queue text collate "C" not null default '',
    add column absent boolean not null default false,
    add column lost smallint not null default 0;

-- What nobody has, for each queue and priority in the order in which it is due.
create index run_ready on scoop.run (queue, priority, wake_at, id)
where owner is null and status in (1, 2);

-- What runs of each queue.
create index run_queue on scoop.run (queue, owner, epoch)
where queue <> '' and owner is not null and status in (1, 2) and not absent;

-- `turn` counts the claims that took something from the queue: two that looked at the same time find
-- out by it.
create table scoop.queue (
    name text collate "C" not null primary key,
    most bigint not null check (most >= 0),
    turn bigint not null default 0
) with (fillfactor = 50);

insert into scoop.migration (version, name, oldest) values (7, 'claims', 1);
