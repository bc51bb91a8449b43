-- What a person has beside a password, and what tells their sessions apart.
ALTER TABLE sessions ADD COLUMN device {text} NOT NULL DEFAULT '';    -- our words: Firefox on Linux
ALTER TABLE sessions ADD COLUMN address {text} NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN enrolling {int} NOT NULL DEFAULT 0;   -- 1: may do nothing but get a second factor
ALTER TABLE sessions ADD COLUMN proved_at {int} NOT NULL DEFAULT 0;   -- when they last proved that it is them

CREATE TABLE totp(
  user_id {bytes} PRIMARY KEY,
  secret {bytes} NOT NULL,              -- sealed under a key of the master key, bound to the user
  created_at {int} NOT NULL,
  confirmed_at {int},                   -- NULL: begun, not in use
  last_step {int} NOT NULL DEFAULT 0    -- each code once
) {strict};

CREATE TABLE passkeys(
  id {bytes} PRIMARY KEY,
  user_id {bytes} NOT NULL,
  name {text} NOT NULL,
  credential {bytes} NOT NULL UNIQUE,   -- the authenticator's name for it
  cose {bytes} NOT NULL,                -- public key
  counter {int} NOT NULL,
  created_at {int} NOT NULL,
  used_at {int}
) {strict};
CREATE INDEX passkeys_user ON passkeys(user_id);

CREATE TABLE recovery_codes(
  user_id {bytes} NOT NULL,
  hash {bytes} NOT NULL,                -- keyed BLAKE2b-256
  used_at {int},
  PRIMARY KEY(user_id, hash)
) {strict};

CREATE TABLE challenges_used(           -- so that each answer of a passkey counts once
  hash {bytes} PRIMARY KEY,
  expires_at {int} NOT NULL
) {strict};
