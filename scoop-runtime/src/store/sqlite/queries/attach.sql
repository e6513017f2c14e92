-- The worker, when it starts: takes its name for a new life. Locks the worker row.
insert into scoop_worker (name, epoch) values (?1, 1)
on conflict (name) do update set epoch = epoch + 1
returning epoch
