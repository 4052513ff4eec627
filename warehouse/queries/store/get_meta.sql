-- The value kept under $name; no row when there is none.

SELECT value FROM meta WHERE name = $name;
