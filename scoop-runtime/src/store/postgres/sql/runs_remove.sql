-- Whoever removes finished runs: locks them, passing over those that others are removing. What is below
-- a run goes with it. The sagas are found one after the other by the index, so that what one of them keeps
-- is not looked through for another.
with recursive saga (name) as (
    select coalesce($2::text, (
        select min(run.saga) from scoop.run where run.parent is null and run.status in (4, 5)
    ))
    union all
    select (
        select min(run.saga)
        from scoop.run
        where run.parent is null and run.status in (4, 5) and run.saga > saga.name
    )
    from saga
    where saga.name is not null and $2 is null
),
root as materialized (
    select found.id
    from saga
    cross join lateral (
        select run.id
        from scoop.run
        where run.saga = saga.name
            and run.parent is null
            and run.status in (4, 5)
            and run.finished_at < $1
            and ($4::bigint = 0 or (run.finished_at, run.id) < (
                select kept.finished_at, kept.id
                from scoop.run as kept
                where kept.saga = saga.name and kept.parent is null and kept.status in (4, 5)
                order by kept.finished_at desc, kept.id desc
                offset $4 - 1
                limit 1
            ))
        order by run.finished_at, run.id
        limit $3
        for update skip locked
    ) as found
    where not saga.name = any($5::text[])
    limit $3
),
gone as (
    select id from root
    union all
    select below.id
    from gone
    cross join lateral (
        select run.id from scoop.run where run.parent = gone.id order by run.parent, run.id limit 1000000
    ) below
),
rows as (
    delete from scoop.checkpoint where run = any(array(select id from gone))
),
removed as (
    delete from scoop.run where id = any(array(select id from gone))
)
select count(*) from root
