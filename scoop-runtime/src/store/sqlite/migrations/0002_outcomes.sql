-- Version 2: a row may say what became of the operation of its own position. SQLite cannot change a
-- check, so the table is made anew.

create table scoop_checkpoint_2 (
    run blob not null references scoop_run (id) on delete cascade,
    seq integer not null check (seq >= 1),
    part text not null,
    direction integer not null check (direction in (1, 2)),
    kind integer not null check (kind between 1 and 6),
    point text not null,
    operation text,
    arguments blob,
    frame blob,
    outcome blob,
    created_at integer not null,
    primary key (run, seq, part)
) strict, without rowid;

insert into scoop_checkpoint_2
select
    run, seq, part, direction, kind, point, operation, arguments, frame, outcome, created_at
from scoop_checkpoint;

drop table scoop_checkpoint;

alter table scoop_checkpoint_2 rename to scoop_checkpoint;
