-- A worker that looks for work and saw that others are late. Declares workers dead whose lease is over and
-- who have runs that it could continue; one that is writing at this moment is passed over. Locks
-- their rows `for update`, in the order of their names.
with dead as materialized (
    select worker.name
    from scoop.worker
    where worker.live
        and worker.lease_until < clock_timestamp()
        and worker.name <> $1
        and (
            select true from scoop.run
            where run.owner = worker.name and run.epoch = worker.epoch and run.status in (1, 2)
                and ($2::text[] is null or run.saga = any($2))
            limit 1
        )
    order by worker.name
    for update of worker skip locked
)
update scoop.worker set live = false
from dead
where worker.name = dead.name
returning worker.name, worker.epoch
