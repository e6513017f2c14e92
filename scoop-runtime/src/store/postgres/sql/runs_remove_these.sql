-- Whoever removes finished runs that he names: locks them in the order of their ids, passing over those
-- that others are removing. What is below a run goes with it.
with recursive root as materialized (
    select found.id
    from (select distinct id from unnest($1::uuid[]) as asked (id) order by id limit $4) as asked
    cross join lateral (
        select run.id
        from scoop.run
        where run.id = asked.id
            and run.parent is null
            and run.status in (4, 5)
            and run.finished_at < $2
            and ($3::text is null or run.saga = $3)
        for update skip locked
    ) as found
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
