-- The writer, for a commit that changes the run; locks the database for writing.
update scoop_run set
    status = coalesce(?4, status),
    wake_at = case when ?5 then ?6 else wake_at end,
    output = coalesce(?7, output),
    failure = coalesce(?8, failure),
    finished_at = coalesce(?9, finished_at),
    owner = case when ?10 then ?11 else owner end,
    epoch = case when ?10 then ?12 else epoch end,
    seq = max(seq, ?3)
where id = ?1 and (?2 is null or status = ?2)
