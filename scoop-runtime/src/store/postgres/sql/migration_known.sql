-- Opening a store, before anything is written, and again under the lock of migrations; locks
-- nothing. Not `to_regclass`: under that lock it may still answer what was true before.
select exists (
    select from pg_catalog.pg_class class
    join pg_catalog.pg_namespace namespace on namespace.oid = class.relnamespace
    where namespace.nspname = 'scoop' and class.relname = 'migration'
)
