-- The newest of what each shard tells of itself, by name; on one machine that is shard 0.

FROM shard_health
SELECT shard, name, value, detail
WHERE name IN ('told_at', 'lag_s', 'queue', 'push', 'requests', 'reading')
QUALIFY row_number() OVER (PARTITION BY shard, name ORDER BY "at" DESC) = 1
ORDER BY shard, name;
