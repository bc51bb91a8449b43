-- What searches and comments were told: figures only, never what was searched or written, never by whom.
CREATE TABLE intervention_counts(
  platform {int} NOT NULL,
  live {int} NOT NULL,
  day {int} NOT NULL,                   -- UTC, in days since 1970
  used {text} NOT NULL,                 -- search comment
  list {text} NOT NULL,                 -- a topic or list of policy/interventions.yaml; empty: no list was the reason
  country {text} NOT NULL,              -- empty: not known
  age_band {text} NOT NULL,
  said {text} NOT NULL,                 -- notice block; ask hold refuse
  n {int} NOT NULL,
  PRIMARY KEY(platform, live, day, used, list, country, age_band, said)
) {strict};
