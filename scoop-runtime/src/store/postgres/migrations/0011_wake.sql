-- Version 11: the end of a run may have to be told to the run above it later. A program that knows only an
-- earlier version can use the schema; it writes nothing down here, and tells nobody of what is.

-- `run` waits for `ended`, or did, and was locked by somebody when that one ended.
create table scoop.wake (
    ended uuid not null primary key,
    run uuid not null,
    since bigint not null
);

insert into scoop.migration (version, name, oldest) values (11, 'wake', 1);
