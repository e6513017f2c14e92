-- A worker that looks for work. Holds its own row `for key share`; locks queues that it takes runs of,
-- in the order of their names, then runs, in the order of their ids, passing over those of both that
-- another worker is claiming. No row at all: the worker was declared dead. One row of nulls: there is
-- nothing to claim. The last columns say whether another worker took runs of a queue at the same time,
-- so that it is worth looking again; whether there are workers to be declared dead first, and runs to be
-- woken (the next statements, `worker_bury` and `run_wake`, do it).
--
-- Of the runs that nobody has it takes those that are due, by the clock of the worker that asks: it
-- is the one that waits for what is left. Of those of a life that is over it takes all; what they
-- waited for may be over. Those come first that have been due for the longest time; a level of priority
-- counts as an hour, and each death of a worker that had the run, but for the first, as one level less.
--
-- Who had a run is looked up first and compared again under the lock: a life that is over stays
-- over, so the run is still free if its owner and epoch are the same. How many run of a queue is
-- counted before the queue is locked; it was the last count if nobody has taken a turn since.
with recursive fence as materialized (
    select from scoop.worker where name = $1 and epoch = $2 and live for key share
),
-- How many more of each queue may run. The limit of the count is how many matter.
room as materialized (
    select queue.name, queue.turn, queue.most - held.count as places
    from scoop.queue
    cross join lateral (
        select count(*) as count
        from (
            select true
            from scoop.run
            where run.queue = queue.name
                and run.queue <> ''
                and run.owner is not null
                and run.status in (1, 2)
                and not run.absent
                and (
                    select true from scoop.worker
                    where worker.name = run.owner and worker.epoch = run.epoch and worker.live
                )
            limit queue.most
        ) one
    ) held
),
-- The queues and priorities of the runs that nobody has, each found from the one before in their index.
kind (queue, priority) as (
    (
        select run.queue, run.priority
        from scoop.run
        where run.owner is null and run.status in (1, 2)
        order by run.queue, run.priority
        limit 1
    )
    union all
    select next.queue, next.priority
    from kind
    cross join lateral (
        select run.queue, run.priority
        from scoop.run
        where run.owner is null
            and run.status in (1, 2)
            and (run.queue, run.priority) > (kind.queue, kind.priority)
        order by run.queue, run.priority
        limit 1
    ) next
),
found as materialized (
    select one.id, one.owner, one.epoch, one.queue, one.due, one.priority, one.lost, room.places
    from (
        select dead.*
        from scoop.worker
        cross join lateral (
            select
                run.id, run.owner, run.epoch, run.queue, run.priority, run.lost,
                coalesce(run.wake_at, run.created_at) as due
            from scoop.run
            where run.owner = worker.name
                and run.epoch <= worker.epoch - worker.live::int
                and run.status in (1, 2)
                and ($3::text[] is null or run.saga = any($3))
                and run.id <> all($5)
                and (
                    run.queue = ''
                    or not exists (
                        select from room where room.name = run.queue and room.places <= 0
                    )
                )
            order by run.owner, run.epoch, run.id
            limit $4
        ) dead
        union all
        select free.*
        from kind
        cross join lateral (
            (
                select
                    run.id, run.owner, run.epoch, run.queue, run.priority, run.lost,
                    run.created_at as due
                from scoop.run
                where run.owner is null
                    and run.status in (1, 2)
                    and run.queue = kind.queue
                    and run.priority = kind.priority
                    and run.wake_at is null
                    and ($3::text[] is null or run.saga = any($3))
                    and run.id <> all($5)
                order by run.queue, run.priority, run.wake_at, run.id
                limit $4
            )
            union all
            (
                select
                    run.id, run.owner, run.epoch, run.queue, run.priority, run.lost,
                    run.wake_at as due
                from scoop.run
                where run.owner is null
                    and run.status in (1, 2)
                    and run.queue = kind.queue
                    and run.priority = kind.priority
                    and run.wake_at <= $6
                    and ($3::text[] is null or run.saga = any($3))
                    and run.id <> all($5)
                order by run.queue, run.priority, run.wake_at, run.id
                limit $4
            )
        ) free
        where not exists (select from room where room.name = kind.queue and room.places <= 0)
    ) one
    left join room on room.name = one.queue
    where room.places is null or room.places > 0
),
-- A queue of which somebody else took runs after this statement began is not as it was counted.
open as materialized (
    select queue.name
    from scoop.queue
    where queue.name in (select queue from found where places is not null)
        and queue.turn = (select room.turn from room where room.name = queue.name)
    order by queue.name
    for no key update of queue skip locked
),
turned as (
    update scoop.queue set turn = turn + 1
    from open
    where queue.name = open.name
),
candidate as materialized (
    select one.id, one.owner, one.epoch
    from (
        select
            found.*, row_number() over (partition by found.queue order by ranked.rank, found.id) as number,
            ranked.rank
        from found
        cross join lateral (
            select
                greatest(-4e18::bigint, least(found.due, 4e18::bigint))
                - 3600000::bigint * (found.priority - greatest(found.lost - 1, 0)) as rank
        ) ranked
    ) one
    where one.places is null
        or (one.number <= one.places and one.queue in (select name from open))
    order by one.rank, one.id
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
        absent = false,
        pending_children = 0,
        lost = least(run.lost + (run.owner is not null)::int, 1000),
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
    run.parent, run.depth, run.cancel_reason, run.priority, run.queue, run.absent, run.lost,
    coalesce((select max(seq) from scoop.checkpoint where checkpoint.run = run.id), 0) as seq,
    exists (
        select from found
        where found.places is not null and found.queue not in (select name from open)
    ) as contended,
    late.found as late,
    asleep.found as asleep
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
cross join (select exists (select from scoop.wake) as found) asleep
left join claimed run on true
order by run.id
