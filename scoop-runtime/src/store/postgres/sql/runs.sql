-- Anybody who lists runs of all sagas; locks nothing.
select
    run.id, run.saga, run.key, run.input, run.status, run.owner, run.epoch, run.wake_at,
    run.pending_children, run.cancel, run.output, run.failure, run.created_at, run.finished_at,
    run.parent, run.depth, run.cancel_reason, run.priority, run.queue, run.absent, run.lost,
    coalesce((select max(seq) from scoop.checkpoint where checkpoint.run = run.id), 0) as seq
from scoop.run
-- In this form it leads to the index, in the order of which they are read.
where run.id > coalesce($1::uuid, '00000000-0000-0000-0000-000000000000')
    and ($2::smallint[] is null or run.status = any($2))
    and ($4::text is null or starts_with(run.key, $4))
    and not ($5 and run.parent is not null)
    and ($6::bigint is null or run.created_at >= $6)
    and ($7::bigint is null or run.created_at < $7)
    and ($8::bigint is null or run.finished_at < $8)
order by run.id
limit $3
