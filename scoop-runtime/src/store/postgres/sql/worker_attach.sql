-- A worker that begins a life. Locks the row of its name as a key, so that it waits for a batch of
-- the life before. No row: the name is alive, that is, its lease is not over and the connection it
-- gave its last heartbeat on is still there. (Behind a proxy that connection says nothing.)
insert into scoop.worker (name, epoch, live, lease_until, backend, backend_start)
values (
    $1, 1, true, clock_timestamp() + make_interval(secs => $2), case when $3 then pg_backend_pid() end,
    (select backend_start from pg_stat_activity where pid = pg_backend_pid())
)
on conflict (name) do update set
    epoch = worker.epoch + 1,
    live = true,
    lease_until = excluded.lease_until,
    backend = excluded.backend,
    backend_start = excluded.backend_start
where not worker.live
    or worker.lease_until < clock_timestamp()
    or (
        worker.backend is not null
        and not exists (
            select from pg_stat_activity backend
            where backend.pid = worker.backend
                and backend.backend_start is not distinct from worker.backend_start
        )
    )
returning epoch
