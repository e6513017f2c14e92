-- The writer: a row of a run. One that is there already stays.
insert into scoop_checkpoint
    (run, seq, part, direction, kind, point, operation, arguments, frame, outcome, created_at)
values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
on conflict do nothing
