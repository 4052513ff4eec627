-- Keep $value under $name.

INSERT INTO meta VALUES ($name, $value)
ON CONFLICT (name) DO UPDATE SET value = excluded.value;
