-- The matrix of settings by age band, each version that was in force, as its file said it.
CREATE TABLE settings_policies(
  seq {int} NOT NULL PRIMARY KEY,
  version {text} NOT NULL,              -- of the policy folder when it was first seen
  print {bytes} NOT NULL,               -- SHA-256 of the file; of nothing: the program's own
  seen_at {int} NOT NULL,               -- in force from then on
  file_at {int},                        -- when the file was changed last, as the system says
  file_owner {text},                    -- whose it is there
  body {text} NOT NULL
) {strict};
