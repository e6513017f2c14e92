-- The writer, for each batch. Locks, in this order: its own worker's row `for key share`; new runs
-- in the order of their keys; runs that change in the order of their ids; runs above those, unless somebody
-- else has locked them. A run that is only appended to is not locked: nobody else writes what its owner
-- writes.
--
-- A row has a gate: 1, the run was made by this statement; 2, the run is there; 3, the run is
-- locked because it changes, too. A change with rows is left out when all its rows were there
-- already, unless it is forced: it looks as if it had been written before. Whose a run is from then on:
-- 1, the writer's; 2, nobody's; 3, nobody's where it is the writer's.
--
-- A run that is active no more may be marked: then the run above waits for it in the store, or did, and is
-- due where it is nobody's. Whoever gives that one up (`run_rest.sql`) locks this one first, and that one
-- last. So here, where this one is locked, that is over, and both are read as it left them, whatever they
-- were when the statement began: rows that are locked are, and so no condition but `id` may stand beside
-- that lock. Or it has not come to this run, and will find out that it is active no more. Nobody is
-- waited for here, so that there is no circle with those who lock the one above first. Whoever they are,
-- what they know of this end is not asked: it is written down that the one above is to be woken, and
-- whoever looks for work does that (`run_wake.sql`). One that changes here, too, is left as it becomes.
with fence as materialized (
    select from scoop.worker where name = $1 and epoch = $2 and live for key share
),
new as materialized (
    select *
    from unnest(
        $3::uuid[], $4::text[], $5::text[], $6::bytea[], $7::smallint[], $8::boolean[], $9::bigint[],
        $10::bytea[], $11::bytea[], $12::bigint[], $13::bigint[], $14::uuid[],
        $15::smallint[], $40::smallint[], $41::text[]
    ) as new (
        id, saga, key, input, status, owned, wake_at, output, failure, created_at, finished_at,
        parent, depth, priority, queue
    )
),
made as (
    insert into scoop.run (
        id, saga, key, input, status, owner, epoch, wake_at, output, failure, created_at, finished_at,
        parent, depth, priority, queue
    )
    select
        new.id, new.saga, new.key, new.input, new.status, case when new.owned then $1 end,
        case when new.owned then $2 else 0 end, new.wake_at, new.output, new.failure,
        new.created_at, new.finished_at, new.parent, new.depth, new.priority, new.queue
    from new, fence
    order by new.saga, new.key, new.id
    on conflict do nothing
    returning id
),
change as materialized (
    select *
    from unnest(
        $16::uuid[], $17::smallint[], $18::smallint[], $19::boolean[], $20::bigint[], $21::bytea[],
        $22::bytea[], $23::bigint[], $24::smallint[], $25::smallint[], $26::boolean[], $27::text[],
        $42::boolean[]
    ) as change (
        run, expect, status, wakes, wake_at, output, failure, finished_at, owned, rule,
        unless_cancelled, cancel, absent
    )
),
locked as materialized (
    select found.id
    from (select * from change order by run) as change
    cross join fence
    cross join lateral (
        select run.id
        from scoop.run
        where run.id = change.run
            and (change.expect is null or run.status = change.expect)
            and not (change.unless_cancelled and run.cancel)
        for no key update
    ) as found
    where (select count(*) from made) >= 0
),
appended as (
    insert into scoop.checkpoint (
        run, seq, part, direction, kind, point, operation, arguments, frame, outcome, created_at
    )
    select
        entry.run, entry.seq, entry.part, entry.direction, entry.kind, entry.point, entry.operation,
        entry.arguments, entry.frame, entry.outcome, entry.created_at
    from unnest(
        $28::smallint[], $29::uuid[], $30::bigint[], $31::text[], $32::smallint[], $33::smallint[],
        $34::text[], $35::text[], $36::bytea[], $37::bytea[], $38::bytea[], $39::bigint[]
    ) as entry (
        gate, run, seq, part, direction, kind, point, operation, arguments, frame, outcome,
        created_at
    ),
    fence
    where case entry.gate
        when 1 then entry.run in (select id from made)
        when 2 then (select true from scoop.run where run.id = entry.run limit 1)
        else entry.run in (select id from locked)
    end
    on conflict do nothing
    returning run
),
-- The `case` keeps the sets from being joined, which takes long for many where the plan was made for
-- few. The limit, which leaves out nothing, tells the planner that there are few.
due as materialized (
    select *
    from change
    where case
        when change.run in (select id from locked)
            then change.rule <> 1 or change.run in (select run from appended)
    end
    limit cardinality($16::uuid[])
),
changed as (
    update scoop.run set
        status = coalesce(change.status, run.status),
        wake_at = case
            when change.wakes then change.wake_at
            when change.cancel is not null and not run.cancel and run.owner is null then null
            else run.wake_at
        end,
        output = coalesce(change.output, run.output),
        -- One that goes on has not failed.
        failure = case
            when change.failure is not null or change.status = 1 then change.failure
            else run.failure
        end,
        finished_at = coalesce(change.finished_at, run.finished_at),
        cancel = run.cancel or change.cancel is not null,
        absent = coalesce(change.absent, run.absent),
        cancel_reason = case when run.cancel then run.cancel_reason else change.cancel end,
        owner = case
            when change.owned = 1 then $1
            when change.owned = 2 then null
            when change.owned = 3 and run.owner = $1 and run.epoch = $2 then null
            else run.owner
        end,
        epoch = case
            when change.owned = 1 then $2
            when change.owned = 2 then 0
            when change.owned = 3 and run.owner = $1 and run.epoch = $2 then 0
            else run.epoch
        end
    from due as change
    where run.id = change.run
    returning
        run.id,
        case when run.wakes_parent and run.status not in (1, 2) then run.parent end as above,
        coalesce(run.finished_at, run.created_at) as since
),
above as materialized (
    select ended.id, ended.since, found.id is not null as reached, found.owner
    from (
        select changed.above as id, min(changed.since) as since
        from changed
        where changed.above is not null
        group by changed.above
        order by changed.above
        limit cardinality($16::uuid[])
    ) as ended
    left join lateral (
        select run.id, run.owner from scoop.run where run.id = ended.id for no key update skip locked
    ) as found on true
),
woken as (
    update scoop.run set wake_at = least(run.wake_at, resting.since)
    from (
        select * from above where reached and owner is null limit cardinality($16::uuid[])
    ) as resting
    where run.id = resting.id
    returning run.id
),
-- One that was changed here cannot be locked either.
unreached as materialized (
    select id
    from above
    where case when reached or id in (select id from changed) then false else true end
    limit cardinality($16::uuid[])
),
missed as (
    insert into scoop.wake (ended, run, since)
    select changed.id, changed.above, changed.since
    from changed
    where case when changed.above in (select id from unreached) then true end
    on conflict do nothing
)
select
    exists (select from fence),
    array(select id from made),
    array(select distinct run from appended),
    array(select id from locked),
    array(select id from changed),
    array(
        select id
        from changed
        where case
            when above in (select id from woken) or above in (select id from unreached) then true
        end
    )
