-- A worker that looks for work. Holds its own row `for key share`, then locks runs, in the order
-- of their ids, passing over those that another worker is claiming. No row at all: the worker was
-- declared dead. One row of nulls: there is nothing to claim. The last column says whether there are
-- workers to be declared dead first (the next statement, `worker_bury`, does it).
--
-- Of the runs that nobody has it takes those that are due, by the clock of the worker that asks: it
-- is the one that waits for what is left. Of those of a life that is over it takes all; what they
-- waited for may be over. The oldest come first: that is, those that have been due for the longest time.
--
-- Who had a run is looked up first and compared again under the lock: a life that is over stays
-- over, so the run is still free if its owner and epoch are the same.
with fence as materialized (
    select from scoop.worker where name = $1 and epoch = $2 and live for key share
),
candidate as materialized (
    select found.id, found.owner, found.epoch
    from (
        select dead.id, dead.owner, dead.epoch, dead.due
        from scoop.worker
        cross join lateral (
            select run.id, run.owner, run.epoch, coalesce(run.wake_at, run.created_at) as due
            from scoop.run
            where run.owner = worker.name
                and run.epoch <= worker.epoch - worker.live::int
                and run.status in (1, 2)
                and ($3::text[] is null or run.saga = any($3))
                and run.id <> all($5)
            order by run.owner, run.epoch, run.id
            limit $4
        ) dead
        union all
        (
            select run.id, run.owner, run.epoch, run.created_at as due
            from scoop.run
            where run.owner is null
                and run.status in (1, 2)
                and run.wake_at is null
                and ($3::text[] is null or run.saga = any($3))
                and run.id <> all($5)
            order by run.wake_at, run.id
            limit $4
        )
        union all
        (
            select run.id, run.owner, run.epoch, run.wake_at as due
            from scoop.run
            where run.owner is null
                and run.status in (1, 2)
                and run.wake_at <= $6
                and ($3::text[] is null or run.saga = any($3))
                and run.id <> all($5)
            order by run.wake_at, run.id
            limit $4
        )
    ) found
    order by found.due, found.id
    limit $4
),
-- Further limits leave out nothing: they tell the planner that there are few.
free as materialized (
    select found.id
    from (select * from candidate order by id limit $4) as candidate
    cross join lateral (
        select run.id
        from scoop.run
        where run.id = candidate.id
            and run.owner is not distinct from candidate.owner
            and run.epoch = candidate.epoch
            and run.status in (1, 2)
            and (run.owner is not null or run.wake_at is null or run.wake_at <= $6)
        for no key update skip locked
    ) as found
),
claimed as (
    update scoop.run set
        owner = $1,
        epoch = $2,
        wake_at = case
            when run.owner is not null
                and (select true from scoop.checkpoint where checkpoint.run = run.id limit 1)
                then null
            else run.wake_at
        end
    from (select * from free limit $4) as free, fence
    where run.id = free.id
    returning run.*
)
select
    run.id, run.saga, run.key, run.input, run.status, run.owner, run.epoch, run.wake_at,
    run.pending_children, run.cancel, run.output, run.failure, run.created_at, run.finished_at,
    run.parent, run.depth, run.cancel_reason,
    coalesce((select max(seq) from scoop.checkpoint where checkpoint.run = run.id), 0) as seq,
    late.found as late
from fence
cross join (
    select exists (
        select from scoop.worker
        where worker.live
            and worker.lease_until < clock_timestamp()
            and worker.name <> $1
            -- The limit keeps the planner from reading all runs at once.
            and (
                select true from scoop.run
                where run.owner = worker.name and run.epoch = worker.epoch and run.status in (1, 2)
                    and ($3::text[] is null or run.saga = any($3))
                limit 1
            )
    ) as found
) late
left join claimed run on true
order by run.id
