-- The writer, for a commit that makes the run above due; locks the database for writing. Not where that
-- run is somebody's.
update scoop_run set wake_at = min(coalesce(wake_at, ?2), ?2) where id = ?1 and owner is null
