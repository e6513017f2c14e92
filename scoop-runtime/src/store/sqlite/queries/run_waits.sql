-- A worker that looks for work, before it locks anything; locks nothing.
select exists (
    select 1 from scoop_run run
    where run.status in (1, 2)
        and not exists (
            select 1 from scoop_worker worker
            where worker.name = run.owner and worker.epoch = run.epoch and worker.live = 1
        )
)
