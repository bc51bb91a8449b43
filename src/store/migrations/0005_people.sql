-- Who made an account and who last gave it a password ("user:<id>", "cli", "self"): no account confirms what its maker proposed.
ALTER TABLE users ADD COLUMN made_by {text} NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN password_by {text} NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN password_at {int} NOT NULL DEFAULT 0;

-- What a person may do where; without a row of a kind the role and skills alone decide.
CREATE TABLE grants(
  user_id {bytes} NOT NULL,
  kind {text} NOT NULL,                 -- queue policy evidence
  name {text} NOT NULL,
  acts {text} NOT NULL,                 -- words separated by spaces: see work reveal decide reverse
  PRIMARY KEY(user_id, kind, name)
) {strict};
