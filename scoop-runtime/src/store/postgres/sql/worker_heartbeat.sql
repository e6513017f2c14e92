-- A worker, every two seconds. Changes no key column, so that it waits for no batch. No row: the
-- worker was declared dead.
update scoop.worker set
    lease_until = clock_timestamp() + make_interval(secs => $3),
    backend = case when $4 then pg_backend_pid() end,
    backend_start = (select backend_start from pg_stat_activity where pid = pg_backend_pid())
where name = $1 and epoch = $2 and live
returning true
