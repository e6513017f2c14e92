-- The writer, for a commit that changes the run; locks the database for writing.
update scoop_run set
    status = coalesce(?4, status),
    wake_at = case when ?5 then ?6 else wake_at end,
    output = coalesce(?7, output),
    failure = coalesce(?8, failure),
    finished_at = coalesce(?9, finished_at),
    owner = case ?10
        when 1 then ?11
        when 2 then case when owner is ?11 and epoch = ?12 then null else owner end
        else owner
    end,
    epoch = case ?10
        when 1 then ?12
        when 2 then case when owner is ?11 and epoch = ?12 then 0 else epoch end
        else epoch
    end,
    seq = max(seq, ?3)
where id = ?1 and (?2 is null or status = ?2)
