-- Delete $terms (a list) from the vocabulary, decided or not.

DELETE FROM vocabulary WHERE term IN (SELECT unnest($terms::VARCHAR[]));
