-- A worker that looks for work; locks the database for writing.
-- Of the runs that nobody has it takes those that are due; of those of a life that is over, all. The
-- oldest come first: that is, those that have been due for the longest time. What a run of such a life
-- waited for may be over.
update scoop_run set
    owner = ?1,
    epoch = ?2,
    wake_at = case when owner is not null and seq > 0 then null else wake_at end
where id in (
    select found.id
    from (
        select * from (
            select run.id, run.created_at as due
            from scoop_run run
            where run.owner is null and run.status in (1, 2) and run.wake_at is null
                and (?4 is null or run.saga in (select value from json_each(?4)))
                and hex(run.id) not in (select value from json_each(?5))
            order by run.wake_at, run.id
            limit ?3
        )
        union all
        select * from (
            select run.id, run.wake_at as due
            from scoop_run run
            where run.owner is null and run.status in (1, 2) and run.wake_at <= ?6
                and (?4 is null or run.saga in (select value from json_each(?4)))
                and hex(run.id) not in (select value from json_each(?5))
            order by run.wake_at, run.id
            limit ?3
        )
        union all
        select * from (
            select run.id, coalesce(run.wake_at, run.created_at) as due
            from scoop_worker worker
            cross join scoop_run run
            where run.owner = worker.name
                and run.epoch <= worker.epoch - worker.live
                and run.owner is not null
                and run.status in (1, 2)
                and (?4 is null or run.saga in (select value from json_each(?4)))
                and hex(run.id) not in (select value from json_each(?5))
            limit ?3
        )
    ) found
    order by found.due, found.id
    limit ?3
)
returning
    id, saga, key, input, status, owner, epoch, wake_at, pending_children, cancel, seq,
    output, failure, created_at, finished_at, parent, depth, cancel_reason
