-- Version 3: a run may be awaited by another one.

alter table scoop_run add column parent blob;

alter table scoop_run add column depth integer not null default 0;

create index scoop_run_parent on scoop_run (parent, id) where parent is not null;
