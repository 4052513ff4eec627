-- Delete rows of health from before $before.

DELETE FROM health WHERE "at" < $before;
