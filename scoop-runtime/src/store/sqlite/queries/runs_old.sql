-- Whoever removes finished runs, and has locked the database for writing; locks nothing itself.
with recursive saga (name) as (
    select coalesce(?2, (
        select min(saga) from scoop_run where parent is null and status in (4, 5)
    ))
    union all
    select (
        select min(run.saga)
        from scoop_run run
        where run.parent is null and run.status in (4, 5) and run.saga > saga.name
    )
    from saga
    where saga.name is not null and ?2 is null
)
select run.id
from saga
cross join scoop_run run
where run.saga = saga.name
    and run.parent is null
    and run.status in (4, 5)
    and run.finished_at < ?1
    and saga.name not in (select value from json_each(?6))
    and (?5 = 0 or (run.finished_at, run.id) < (
        select kept.finished_at, kept.id
        from scoop_run kept
        where kept.saga = saga.name and kept.parent is null and kept.status in (4, 5)
        order by kept.finished_at desc, kept.id desc
        limit 1 offset ?5 - 1
    ))
    and (?4 is null or hex(run.id) in (select value from json_each(?4)))
order by saga.name, run.finished_at, run.id
limit ?3
