-- Resume: all rows at the positions in a JSON array.
select * from scoop_checkpoint
where run = ?1 and seq in (select value from json_each(?2))
order by seq, part
