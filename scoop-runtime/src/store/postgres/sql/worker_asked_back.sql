-- A worker that looks for runs of its own that it is to give up; it is told each of them once. Locks no
-- row of a run or a worker.
delete from scoop.requeue where owner = $1 and epoch = $2
returning run, why
