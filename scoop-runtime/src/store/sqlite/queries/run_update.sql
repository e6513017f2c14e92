-- The writer, for a commit that changes the run; locks the database for writing.
update scoop_run set
    status = coalesce(?4, status),
    wake_at = case when ?5 then ?6 else wake_at end,
    output = coalesce(?7, output),
    failure = coalesce(?8, failure),
    finished_at = coalesce(?9, finished_at),
    owner = case when ?10 then ?11 else owner end,
    epoch = case when ?10 then ?12 else epoch end,
    cancel_reason = case when cancel = 1 then cancel_reason else ?13 end,
    cancel = max(cancel, ?13 is not null),
    seq = max(seq, ?3)
where id = ?1 and (?2 is null or status = ?2) and (?14 = 0 or cancel = 0)
