-- The writer, for a commit that only appends; locks the database for writing. Touches no index.
update scoop_run set seq = max(seq, ?3) where id = ?1 and (?2 is null or status = ?2)
