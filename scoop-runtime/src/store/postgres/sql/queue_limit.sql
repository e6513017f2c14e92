-- A process that connects and says how many runs of a queue may run at once; locks the queue's row.
insert into scoop.queue (name, most) values ($1, $2)
on conflict (name) do update set most = excluded.most where queue.most <> excluded.most
