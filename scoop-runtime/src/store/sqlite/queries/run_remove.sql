-- Whoever removes finished runs; locks the database for writing. What is below a run goes with it, and
-- the rows of each.
with recursive gone (id) as (
    select ?1
    union all
    select below.id from gone join scoop_run below on below.parent = gone.id
)
delete from scoop_run where id in (select id from gone)
