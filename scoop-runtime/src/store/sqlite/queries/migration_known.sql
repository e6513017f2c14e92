-- Opening a store, before anything is written; locks nothing.
select count(*) from sqlite_schema where type = 'table' and name = 'scoop_migration'
