-- Anybody who lists the runs that one run awaits, or awaited; locks nothing.
select
    run.id, run.saga, run.key, run.input, run.status, run.owner, run.epoch, run.wake_at,
    run.pending_children, run.cancel, run.output, run.failure, run.created_at, run.finished_at,
    run.parent, run.depth, run.cancel_reason, run.priority, run.queue, run.absent, run.lost,
    coalesce((select max(seq) from scoop.checkpoint where checkpoint.run = run.id), 0) as seq
from scoop.run
where run.parent = $4 and ($5::text is null or run.saga = $5)
    and ($1::uuid is null or run.id > $1) and ($2::smallint[] is null or run.status = any($2))
order by run.id
limit $3
