-- Anybody who wants one run; locks nothing.
select
    run.id, run.saga, run.key, run.input, run.status, run.owner, run.epoch, run.wake_at,
    run.pending_children, run.cancel, run.output, run.failure, run.created_at, run.finished_at,
    run.parent, run.depth, run.cancel_reason, run.priority, run.queue, run.absent, run.lost,
    coalesce((select max(seq) from scoop.checkpoint where checkpoint.run = run.id), 0) as seq
from scoop.run
where run.id = $1
