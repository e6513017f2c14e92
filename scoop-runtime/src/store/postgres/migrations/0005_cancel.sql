-- Version 5: a run may be cancelled. A program that knows only an earlier version can use the schema; it
-- goes on with a run that is to be cancelled.

alter table scoop.run add column cancel_reason text;

create index run_cancel on scoop.run (owner, epoch, id) where cancel and status = 1;

insert into scoop.migration (version, name, oldest) values (5, 'cancel', 1);
