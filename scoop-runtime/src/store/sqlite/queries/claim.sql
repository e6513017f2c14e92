-- Recovery: takes unfinished runs that no live worker has. A SQLite store has one worker.
update scoop_run set owner = ?1, epoch = ?2
where id in (
    select id from scoop_run
    where status in (1, 2) and (?3 is null or id > ?3)
        and not (owner is ?1 and epoch = ?2)
    order by id limit ?4
)
returning *
