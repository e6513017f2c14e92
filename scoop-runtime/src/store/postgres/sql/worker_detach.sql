-- A worker that ends its life. Locks its row as a key: waits for a batch that is under way.
update scoop.worker set live = false where name = $1 and epoch = $2 and live
