-- Version 2: a row may say what became of the operation of its own position. A program that knows
-- only version 1 can use the schema; it cannot read a run that has such rows.

alter table scoop.checkpoint
    drop constraint checkpoint_kind_check,
    add constraint checkpoint_kind_check check (kind between 1 and 6) not valid;

insert into scoop.migration (version, name, oldest) values (2, 'outcomes', 1);
