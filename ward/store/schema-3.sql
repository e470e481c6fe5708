-- Version 3: where a box stands, as people call it: `title` of its latest birth, made fit to be shown.

ALTER TABLE boxes ADD COLUMN title TEXT;
