-- Anybody who wants one run; locks nothing.
select
    id, saga, key, input, status, owner, epoch, wake_at, pending_children, cancel, seq,
    output, failure, created_at, finished_at, parent, depth, cancel_reason, priority, queue, absent, lost
from scoop_run
where id = ?1
