-- A worker that gives up a run of its own that waits for others; locks the database for writing.
update scoop_run set owner = null, epoch = 0, wake_at = ?4, pending_children = ?5
where id = ?1 and owner = ?2 and epoch = ?3
