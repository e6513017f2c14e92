-- A process that has news for others, apart from what it writes. At its end it waits for others that say
-- something, and locks nothing else. It need not be durable, so nobody waits for the disk.
select set_config('synchronous_commit', 'off', true), pg_notify('scoop', hint)
from unnest($1::text[]) as hint
