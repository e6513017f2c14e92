-- A worker whose name is alive, for the message; locks nothing.
select extract(epoch from lease_until - clock_timestamp())::double precision
from scoop.worker
where name = $1
