-- Version 5: a run may be cancelled.

alter table scoop_run add column cancel_reason text;

create index scoop_run_cancel on scoop_run (owner, epoch, id) where cancel = 1 and status = 1;
