-- Delete the proposals to take $terms (a list) into the vocabulary; decisions stay.

DELETE FROM vocabulary
WHERE term IN (SELECT unnest($terms::VARCHAR[])) AND status = 'proposed';
