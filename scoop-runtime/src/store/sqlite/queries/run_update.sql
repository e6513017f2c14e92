-- The writer, for a commit that changes the run; locks the database for writing. Says which run above is
-- due because of that, and since when.
update scoop_run set
    status = coalesce(?4, status),
    wake_at = case
        when ?5 then ?6
        when ?13 is not null and cancel = 0 and owner is null then null
        else wake_at
    end,
    output = coalesce(?7, output),
    -- One that goes on has not failed.
    failure = case when ?8 is not null or ?4 is 1 then ?8 else failure end,
    finished_at = coalesce(?9, finished_at),
    cancel_reason = case when cancel = 1 then cancel_reason else ?13 end,
    cancel = max(cancel, ?13 is not null),
    absent = coalesce(?15, absent),
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
where id = ?1 and (?2 is null or status = ?2) and (?14 = 0 or cancel = 0)
returning
    case when wakes_parent = 1 and status not in (1, 2) then parent end,
    coalesce(finished_at, created_at)
