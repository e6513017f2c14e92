-- A worker that gives up a run of its own, for one that it waits for; locks the database for writing.
update scoop_run set wakes_parent = 1 where id = ?1
