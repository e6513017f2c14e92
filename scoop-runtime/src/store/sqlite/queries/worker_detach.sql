-- A worker that ends its life; locks the database for writing.
update scoop_worker set live = 0 where name = ?1 and epoch = ?2
