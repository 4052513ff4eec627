-- Every value kept beside the tables, by name.

SELECT name, value FROM meta ORDER BY name;
