-- Opening a store, before anything is written; locks nothing.
select to_regclass('scoop.migration') is not null
