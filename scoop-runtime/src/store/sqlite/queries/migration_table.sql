-- Opening a store; locks the database for writing.
create table if not exists scoop_migration (
    version integer not null primary key,
    name text not null,
    applied_at integer not null
) strict
