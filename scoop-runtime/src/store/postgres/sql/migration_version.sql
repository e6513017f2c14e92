-- Opening a store; locks nothing.
select coalesce(max(version), 0), coalesce(max(oldest), 0) from scoop.migration
