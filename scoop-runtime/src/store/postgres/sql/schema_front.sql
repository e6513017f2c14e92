-- Each opening. Locks nothing.
select coalesce(current_schema() = 'scoop', false)
