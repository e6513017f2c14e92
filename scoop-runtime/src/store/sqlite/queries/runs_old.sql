-- Whoever removes finished runs, and has locked the database for writing; locks nothing itself.
select id from scoop_run
where parent is null
    and status in (4, 5)
    and finished_at < ?1
    and (?2 is null or saga = ?2)
    and (?4 is null or hex(id) in (select value from json_each(?4)))
order by finished_at, id
limit ?3
