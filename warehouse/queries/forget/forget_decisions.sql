-- Delete every decision on $terms (a list).

DELETE FROM decisions WHERE term IN (SELECT unnest($terms::VARCHAR[]));
