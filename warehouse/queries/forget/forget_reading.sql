-- Delete rows of health that tell of trouble with $channel.

DELETE FROM health WHERE name = 'reading' AND contains(detail, '"channel":"' || $channel || '"');
