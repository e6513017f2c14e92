-- A worker that begins a life; locks the database for writing. No row: the name is alive.
insert into scoop_worker (name, epoch, live) values (?1, 1, 1)
on conflict (name) do update set epoch = epoch + 1, live = 1 where live = 0
returning epoch
