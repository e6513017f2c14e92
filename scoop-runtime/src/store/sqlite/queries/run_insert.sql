-- The writer, for a run's first commit; locks the database for writing.
insert into scoop_run (
    id, saga, key, input, status, owner, epoch, wake_at, pending_children, cancel, seq,
    output, failure, created_at, finished_at, parent, depth, cancel_reason, priority, queue, absent, lost
)
values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, null, ?18, ?19, 0, 0)
on conflict do nothing
