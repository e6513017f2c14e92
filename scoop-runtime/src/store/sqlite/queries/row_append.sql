-- The writer, for each row; locks the database for writing. Appends to a run that stands as expected only.
insert into scoop_checkpoint (
    run, seq, part, direction, kind, point, operation, arguments, frame, outcome, created_at
)
select ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11
where exists (
    select 1 from scoop_run
    where id = ?1 and (?12 is null or status = ?12) and (?13 = 0 or cancel = 0)
)
on conflict do nothing
