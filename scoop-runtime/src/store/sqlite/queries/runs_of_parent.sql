-- Anybody who lists the runs that one run awaits, or awaited; locks nothing.
select
    id, saga, key, input, status, owner, epoch, wake_at, pending_children, cancel, seq,
    output, failure, created_at, finished_at, parent, depth, cancel_reason, priority, queue, absent, lost
from scoop_run
where parent = ?4 and (?5 is null or saga = ?5) and id > ?1 and (?2 is null or status in (select value from json_each(?2)))
order by id
limit ?3
