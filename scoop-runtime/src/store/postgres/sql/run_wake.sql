-- A worker that looks for work and saw that there are runs to be woken: makes those due that are nobody's.
-- Of how many ends it told. Locks what was written down of them, passing over what another worker is at,
-- then the runs in the order of their ids. Waits for whoever has locked one of those: nobody keeps it for
-- long.
with told as (
    delete from scoop.wake
    where ended = any(array(select ended from scoop.wake order by ended limit $1 for update skip locked))
    returning run, since
),
asleep as materialized (
    select found.id, told.since
    from (select run, min(since) as since from told group by run order by run limit $1) as told
    cross join lateral (
        select run.id, run.owner from scoop.run where run.id = told.run for no key update
    ) as found
    where found.owner is null
),
woken as (
    update scoop.run set wake_at = least(run.wake_at, asleep.since)
    from (select * from asleep limit $1) as asleep
    where run.id = asleep.id
)
select count(*) from told
