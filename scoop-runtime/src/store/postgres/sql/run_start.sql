-- Anybody who starts a run in a transaction of his own; locks the run's key until that ends. Others are
-- told when it is committed, if they are to be. The column `made` says whether the run was made; those
-- before it are of the run that has its key.
with made as (
    insert into scoop.run (id, saga, key, input, status, epoch, wake_at, created_at, priority, queue)
    values ($1, $2, $3, $4, 1, 0, $5, $6, $7, $8)
    on conflict do nothing
    returning id
)
select
    run.id, run.saga, run.key, run.input, run.status, run.owner, run.epoch, run.wake_at,
    run.pending_children, run.cancel, run.output, run.failure, run.created_at, run.finished_at,
    run.parent, run.depth, run.cancel_reason, run.priority, run.queue, run.absent, run.lost,
    coalesce((select max(seq) from scoop.checkpoint where checkpoint.run = run.id), 0) as seq,
    exists (select from made) as made,
    (select pg_notify('scoop', '- due') from made where $9) as told
from (values (1)) as one
left join scoop.run on run.saga = $2 and run.key = $3
