-- Delete the last moments that are told by one of $terms (a list); they are kept as JSON.

DELETE FROM meta WHERE name LIKE 'moment %'
    AND json_extract_string(value, '$.term') IN (SELECT unnest($terms::VARCHAR[]));
