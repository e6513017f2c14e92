-- The transaction of a step, or the writer for a batch of one: one or two rows of a run that is there
-- and does not change; a row without a `seq` is none. Locks its own worker's row `for key share`.
-- Small, so that it is quickly planned and run: if it wrote nothing, `commit.sql` is asked why.
insert into scoop.checkpoint (
    run, seq, part, direction, kind, point, operation, arguments, frame, outcome, created_at
)
select
    $3, entry.seq, entry.part, entry.direction, entry.kind, entry.point, entry.operation,
    entry.arguments, entry.frame, entry.outcome, entry.created_at
from (values
    (
        $4::bigint, $5::text, $6::smallint, $7::smallint, $8::text, $9::text, $10::bytea, $11::bytea,
        $12::bytea, $13::bigint
    ),
    ($14, $15, $16, $17, $18, $19, $20, $21, $22, $23)
) as entry (
    seq, part, direction, kind, point, operation, arguments, frame, outcome, created_at
)
where entry.seq is not null
    and (
        select true from scoop.worker where name = $1 and epoch = $2 and live for key share
    )
    and (select true from scoop.run where id = $3)
on conflict do nothing
