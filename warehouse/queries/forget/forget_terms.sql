-- Delete $terms (a list) of every window, but never the rest.

DELETE FROM window_terms WHERE term IN (SELECT unnest($terms::VARCHAR[])) AND kind <> 'rest';
