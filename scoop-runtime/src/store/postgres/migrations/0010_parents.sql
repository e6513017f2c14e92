-- Version 10: a run that waits for others may be nobody's until one of them ends. A program that knows only
-- an earlier version can use the schema; what ends in one of its workers wakes nobody, so those that
-- wait for that go on when they are due.

-- `wakes_parent`: the run above waits in the store, or did, and is due when this one ends, or gets stuck.
alter table scoop.run add column wakes_parent boolean not null default false;

insert into scoop.migration (version, name, oldest) values (10, 'parents', 1);
