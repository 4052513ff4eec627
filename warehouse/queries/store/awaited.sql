-- Published files whose rows are not in yet: the name in `meta`, and the table and day as a value.

SELECT name, value FROM meta WHERE starts_with(name, 'awaited ') ORDER BY name;
