-- Anybody who wants a worker to give a run up. Locks no row of a run or a worker. What was asked of lives
-- that are over is forgotten.
with over as (
    delete from scoop.requeue
    where run <> $1
        and not exists (
            select from scoop.worker
            where worker.name = requeue.owner and worker.epoch = requeue.epoch and worker.live
        )
)
insert into scoop.requeue (run, owner, epoch, why)
values ($1, $2, $3, $4)
on conflict (run) do update set owner = excluded.owner, epoch = excluded.epoch, why = excluded.why
