-- Operators: runs in the order of their ids. ?2 is a bit set of statuses.
select * from scoop_run
where (?1 is null or saga = ?1) and (?2 = 0 or (?2 >> status) & 1) and (?3 is null or id > ?3)
order by id limit ?4
