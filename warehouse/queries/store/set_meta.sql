-- Keep $contents under $names, one each.

INSERT INTO meta SELECT unnest($names), unnest($contents)
ON CONFLICT (name) DO UPDATE SET value = excluded.value;
