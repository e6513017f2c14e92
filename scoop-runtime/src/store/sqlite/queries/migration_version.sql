-- Opening a store; locks nothing.
select coalesce(max(version), 0) from scoop_migration
