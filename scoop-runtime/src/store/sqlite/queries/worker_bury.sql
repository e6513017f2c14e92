-- Opening a store, when no other process can have it open; locks the database for writing.
update scoop_worker set live = 0 where live = 1
