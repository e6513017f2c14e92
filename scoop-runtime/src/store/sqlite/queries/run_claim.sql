-- A worker that looks for work; locks the database for writing.
update scoop_run set owner = ?1, epoch = ?2
where id in (
    select run.id from scoop_run run
    where run.status in (1, 2)
        and (?4 is null or run.saga in (select value from json_each(?4)))
        and hex(run.id) not in (select value from json_each(?5))
        and not exists (
            select 1 from scoop_worker worker
            where worker.name = run.owner and worker.epoch = run.epoch and worker.live = 1
        )
    order by run.id
    limit ?3
)
returning
    id, saga, key, input, status, owner, epoch, wake_at, pending_children, cancel, seq,
    output, failure, created_at, finished_at, parent, depth, cancel_reason
