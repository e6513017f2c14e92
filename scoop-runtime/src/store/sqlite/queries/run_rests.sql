-- A worker that is about to give up a run; locks nothing by itself. Whether the run is the worker's, and
-- may be given up as far as it goes itself.
select owner = ?2 and epoch = ?3, ?4 = 0 or cancel = 0 from scoop_run where id = ?1
