-- A worker that declared others dead, or that begins a life after another one: ends the transactions
-- of steps that those have open. A process that is stopped would hold their locks for as long as each
-- of them may rest, one after the other where they wait for one row. Locks nothing.
select pg_terminate_backend(pid)
from pg_stat_activity
where datname = current_database()
    and usename = current_user
    and application_name = any($1)
