-- Every batch of the writer, first: the epoch of its worker.
select epoch from scoop_worker where name = ?1
