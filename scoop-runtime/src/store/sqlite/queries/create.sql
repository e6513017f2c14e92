-- The writer: a new run, owned by its worker. Does nothing if its key is taken.
insert into scoop_run (id, saga, key, input, status, owner, epoch, wake_at, created_at)
values (?1, ?2, ?3, ?4, 1, ?5, ?6, ?7, ?8)
on conflict do nothing
