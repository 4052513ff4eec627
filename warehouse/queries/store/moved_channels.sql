-- Keys that a migration moved to others (007), which what lies beside has yet to follow.

SELECT name, value FROM meta WHERE name LIKE 'moved %' AND value <> '';
