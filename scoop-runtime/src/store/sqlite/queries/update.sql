-- The writer: what changes in a run row; a null leaves the column as it is.
update scoop_run set
    status = coalesce(?2, status),
    wake_at = case when ?3 then ?4 else wake_at end,
    output = coalesce(?5, output),
    failure = coalesce(?6, failure),
    finished_at = coalesce(?7, finished_at),
    seq = max(seq, ?8)
where id = ?1 and (?9 is null or status = ?9)
