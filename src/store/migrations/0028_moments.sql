-- Clips of the moments at which something known was found in a video or sound: what is to be cut, until it is done.
CREATE TABLE moments(
  platform {int} NOT NULL,
  media {bytes} NOT NULL,
  cuts {text} NOT NULL,                 -- core/moments.h: how many places, and the milliseconds to cut around
  run_at {int} NOT NULL,                -- not before; while a worker is at it, when somebody else may
  tries {int} NOT NULL DEFAULT 0,
  PRIMARY KEY(platform, media)
) {strict};
CREATE INDEX moments_run ON moments(run_at);
