-- Opening a store, after each migration; locks the database for writing.
insert into scoop_migration (version, name, applied_at)
values (?1, ?2, cast(unixepoch('subsec') * 1000 as integer))
