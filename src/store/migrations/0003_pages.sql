-- How many pictures a file holds: of an animation only the first is compared, and rules may ask for a person.
ALTER TABLE media ADD COLUMN pages {int} NOT NULL DEFAULT 0;
