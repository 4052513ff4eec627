-- The newest value of everything the daemon tells of itself.

FROM health
SELECT name, "at", value, detail
QUALIFY row_number() OVER (PARTITION BY name ORDER BY "at" DESC) = 1
ORDER BY name;
