-- The writer, first in each transaction; locks nothing by itself.
select count(*) from scoop_worker where name = ?1 and epoch = ?2 and live = 1
