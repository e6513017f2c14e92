-- Anybody who lists runs of all sagas; locks nothing.
select
    id, saga, key, input, status, owner, epoch, wake_at, pending_children, cancel, seq,
    output, failure, created_at, finished_at, parent, depth, cancel_reason, priority, queue, absent, lost
from scoop_run
where id > ?1 and (?2 is null or status in (select value from json_each(?2)))
    and (?4 is null or substr(key, 1, length(?4)) = ?4)
    and not (?5 and parent is not null)
    and (?6 is null or created_at >= ?6)
    and (?7 is null or created_at < ?7)
    and (?8 is null or finished_at < ?8)
order by id
limit ?3
