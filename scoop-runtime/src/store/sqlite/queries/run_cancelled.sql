-- A worker that looks for runs of its own that are to be cancelled; locks nothing.
select id, coalesce(cancel_reason, '') from scoop_run
where owner = ?1 and epoch = ?2 and cancel = 1 and status = 1
order by id
