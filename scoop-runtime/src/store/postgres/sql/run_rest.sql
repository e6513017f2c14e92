-- A worker that gives up a run of its own that waits for others. Holds its own row `for key share`; locks
-- the runs below in the order of their ids, then the run itself, unless somebody else has locked that
-- just now: then it stays. No row at all: the worker was declared dead. The columns say whether the
-- run is the worker's, whether it was given up, and whether there is a run below that is due and nobody's:
-- a claim may have passed over it, because it is locked here.
--
-- Whoever ends a run below locks that first, too. So either it had ended before, which is seen here
-- under the lock, or whoever ends it finds it marked, and the run above as nobody's: `commit.sql`.
with fence as materialized (
    select from scoop.worker where name = $1 and epoch = $2 and live for key share
),
below as materialized (
    select found.id, found.status, found.owner, found.wake_at
    from (select distinct id from unnest($4::uuid[]) as asked (id) order by id limit $7) as asked
    cross join fence
    cross join lateral (
        select run.id, run.status, run.owner, run.wake_at
        from scoop.run
        where run.id = asked.id
        for no key update
    ) as found
),
itself as materialized (
    select found.id, found.owner, found.epoch, found.cancel
    from fence
    cross join lateral (
        select run.id, run.owner, run.epoch, run.cancel
        from scoop.run
        where run.id = $3
        for no key update skip locked
    ) as found
    where (select count(*) from below) >= 0
),
resting as materialized (
    select itself.id
    from itself
    where itself.owner = $1
        and itself.epoch = $2
        and not ($6 and itself.cancel)
        and (select count(*) from below where below.status in (1, 2)) = $7
),
marked as (
    update scoop.run set wakes_parent = true
    from (select below.id from below where exists (select from resting) limit $7) as below
    where run.id = below.id and not run.wakes_parent
),
rested as (
    update scoop.run set owner = null, epoch = 0, wake_at = $5, pending_children = $7
    from (select id from resting limit 1) as resting
    where run.id = resting.id
    returning run.id
)
select
    coalesce(
        (select itself.owner is not distinct from $1 and itself.epoch = $2 from itself),
        (select run.owner is not distinct from $1 and run.epoch = $2 from scoop.run where run.id = $3),
        false
    ),
    exists (select from rested),
    exists (
        select from below
        where below.owner is null and below.status in (1, 2) and coalesce(below.wake_at, $8) <= $8
    )
from fence
