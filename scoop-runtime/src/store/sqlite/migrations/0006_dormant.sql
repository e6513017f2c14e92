-- Version 6: a run that waits may be nobody's until it is due. Runs are found by whose they are, or by
-- when they are due, without a look at all others that are active.

create index scoop_run_due on scoop_run (wake_at, id) where owner is null and status in (1, 2);

create index scoop_run_owner on scoop_run (owner, epoch, id)
where owner is not null and status in (1, 2);
