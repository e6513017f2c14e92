-- Version 9: a run that waits for others may be nobody's until one of them ends.

-- `wakes_parent`: the run above waits in the store, or did, and is due when this one ends, or gets stuck.
alter table scoop_run add column wakes_parent integer not null default 0;
