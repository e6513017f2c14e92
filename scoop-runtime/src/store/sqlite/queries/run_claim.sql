-- A worker that looks for work; locks the database for writing.
-- Of the runs that nobody has it takes those that are due; of those of a life that is over, all. What a
-- run of such a life waited for may be over. Of a queue it takes no more than may run. Those come first
-- that have been due for the longest time; a level of priority counts as an hour, and each death of a
-- worker that had the run, but for the first, as one level less.
update scoop_run set
    owner = ?1,
    epoch = ?2,
    absent = 0,
    pending_children = 0,
    lost = min(lost + (owner is not null), 1000),
    wake_at = case when owner is not null and seq > 0 then null else wake_at end
where id in (
    -- How many more of each queue may run.
    with recursive room as materialized (
        select
            queue.name,
            queue.most - (
                select count(*)
                from scoop_run run
                cross join scoop_worker worker
                where run.queue = queue.name
                    and run.queue <> ''
                    and run.owner is not null
                    and run.status in (1, 2)
                    and run.absent = 0
                    and worker.name = run.owner
                    and worker.epoch = run.epoch
                    and worker.live = 1
            ) as places
        from scoop_queue queue
    ),
    full as materialized (select name from room where places <= 0),
    -- The queues and priorities of the runs that nobody has, each found from the one before in their
    -- index.
    kind (queue, priority) as (
        select * from (
            select run.queue, run.priority
            from scoop_run run
            where run.owner is null and run.status in (1, 2)
            order by run.queue, run.priority
            limit 1
        )
        union all
        select next.queue, next.priority
        from kind
        cross join scoop_run next
        where next.id = coalesce(
            (
                select run.id
                from scoop_run run
                where run.owner is null
                    and run.status in (1, 2)
                    and run.queue = kind.queue
                    and run.priority > kind.priority
                order by run.priority
                limit 1
            ),
            (
                select run.id
                from scoop_run run
                where run.owner is null and run.status in (1, 2) and run.queue > kind.queue
                order by run.queue, run.priority
                limit 1
            )
        )
    ),
    found as (
        select run.id, run.queue, run.priority, run.lost, run.created_at as due
        from kind
        cross join scoop_run run
        where kind.queue not in (select name from full) and run.id in (
            select run.id
            from scoop_run run
            where run.owner is null and run.status in (1, 2)
                and run.queue = kind.queue and run.priority = kind.priority
                and run.wake_at is null
                and (?4 is null or run.saga in (select value from json_each(?4)))
                and hex(run.id) not in (select value from json_each(?5))
            order by run.wake_at, run.id
            limit ?3
        )
        union all
        select run.id, run.queue, run.priority, run.lost, run.wake_at as due
        from kind
        cross join scoop_run run
        where kind.queue not in (select name from full) and run.id in (
            select run.id
            from scoop_run run
            where run.owner is null and run.status in (1, 2)
                and run.queue = kind.queue and run.priority = kind.priority
                and run.wake_at <= ?6
                and (?4 is null or run.saga in (select value from json_each(?4)))
                and hex(run.id) not in (select value from json_each(?5))
            order by run.wake_at, run.id
            limit ?3
        )
        union all
        select * from (
            select run.id, run.queue, run.priority, run.lost, coalesce(run.wake_at, run.created_at) as due
            from scoop_worker worker
            cross join scoop_run run
            where run.owner = worker.name
                and run.epoch <= worker.epoch - worker.live
                and run.owner is not null
                and run.status in (1, 2)
                and (?4 is null or run.saga in (select value from json_each(?4)))
                and hex(run.id) not in (select value from json_each(?5))
                and run.queue not in (select name from full)
            limit ?3
        )
    ),
    ranked as (
        select id, queue, due - 3600000 * (priority - max(lost - 1, 0)) as rank
        from found
    )
    select one.id
    from (
        select
            ranked.id, ranked.rank, room.places,
            row_number() over (partition by ranked.queue order by ranked.rank, ranked.id) as number
        from ranked
        left join room on room.name = ranked.queue
    ) one
    where one.places is null or one.number <= one.places
    order by one.rank, one.id
    limit ?3
)
returning
    id, saga, key, input, status, owner, epoch, wake_at, pending_children, cancel, seq,
    output, failure, created_at, finished_at, parent, depth, cancel_reason, priority, queue, absent, lost
