-- A worker that looks for runs of its own that are to be cancelled; locks nothing.
select run.id, coalesce(run.cancel_reason, '')
from scoop.run
where run.owner = $1 and run.epoch = $2 and run.cancel and run.status = 1
order by run.id
