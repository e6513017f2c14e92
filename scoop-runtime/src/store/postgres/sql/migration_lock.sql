-- Opening a store whose schema is old; until the end of the transaction, one process at a time.
select pg_advisory_xact_lock($1)
