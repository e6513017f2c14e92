-- The transaction of a step, or the writer for a batch of one: a new run and one or two rows of it; a
-- row without a `seq` is none. Locks its own worker's row `for key share`, then the new run. Small, so
-- that it is quickly planned and run: if it wrote nothing, `commit.sql` is asked why.
with made as (
    insert into scoop.run (
        id, saga, key, input, status, owner, epoch, wake_at, output, failure, created_at, finished_at,
        parent, depth, priority, queue
    )
    select
        $3, $24, $25, $26, $27, case when $28 then $1 end, case when $28 then $2 else 0 end, $29, $30,
        $31, $32, $33, $34, $35, $36, $37
    where (
        select true from scoop.worker where name = $1 and epoch = $2 and live for key share
    )
    on conflict do nothing
    returning id
)
insert into scoop.checkpoint (
    run, seq, part, direction, kind, point, operation, arguments, frame, outcome, created_at
)
select
    made.id, entry.seq, entry.part, entry.direction, entry.kind, entry.point, entry.operation,
    entry.arguments, entry.frame, entry.outcome, entry.created_at
from made,
    (values
        (
            $4::bigint, $5::text, $6::smallint, $7::smallint, $8::text, $9::text, $10::bytea,
            $11::bytea, $12::bytea, $13::bigint
        ),
        ($14, $15, $16, $17, $18, $19, $20, $21, $22, $23)
    ) as entry (
        seq, part, direction, kind, point, operation, arguments, frame, outcome, created_at
    )
where entry.seq is not null
on conflict do nothing
