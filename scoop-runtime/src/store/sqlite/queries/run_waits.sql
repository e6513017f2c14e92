-- A worker that looks for work, before it locks anything; locks nothing.
select exists (
    select 1 from scoop_run
    where owner is null and status in (1, 2) and wake_at is null
) or exists (
    select 1 from scoop_run
    where owner is null and status in (1, 2) and wake_at <= ?1
) or exists (
    select 1
    from scoop_worker worker
    cross join scoop_run run
    where run.owner = worker.name
        and run.epoch <= worker.epoch - worker.live
        and run.owner is not null
        and run.status in (1, 2)
)
