-- A process that connects and says how many runs of a queue may run at once; locks the database for writing.
insert into scoop_queue (name, most) values (?1, ?2)
on conflict (name) do update set most = excluded.most
