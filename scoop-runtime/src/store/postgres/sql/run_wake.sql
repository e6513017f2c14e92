-- A worker that looks for work and saw that there are runs to be woken: makes those of its sagas due that are
-- nobody's. Of how many ends it told. Locks the runs in the order of their ids, then what was written down of
-- them, which nobody else removes without those. Waits for whoever has locked one of those runs: no
-- longer than a batch takes, or the removal of one that has ended.
with asked as materialized (
    select wake.ended, wake.run, wake.since
    from scoop.wake
    where coalesce(
        $2::text[] is null or (select run.saga = any($2) from scoop.run where run.id = wake.run), true
    )
    order by wake.ended
    limit $1
),
found as materialized (
    select one.run, one.since, locked.owner
    from (select run, min(since) as since from asked group by run order by run limit $1) as one
    left join lateral (
        select run.owner from scoop.run where run.id = one.run for no key update
    ) as locked on true
),
-- The count has it come after the locks.
told as (
    delete from scoop.wake
    where ended = any(array(select ended from asked where (select count(*) from found) > 0))
    returning ended
),
woken as (
    update scoop.run set wake_at = least(run.wake_at, asleep.since)
    from (select * from found where owner is null limit $1) as asleep
    where run.id = asleep.run
)
select count(*) from told
