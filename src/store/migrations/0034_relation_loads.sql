-- How far `tutela relations load` has come in a file that it has not finished.
CREATE TABLE relation_loads(
  platform {int} NOT NULL,
  livemode {int} NOT NULL,
  print {bytes} NOT NULL,               -- of the file: its size and its first bytes
  bytes {int} NOT NULL,                 -- goes on there
  lines {int} NOT NULL,
  applied {int} NOT NULL,
  refused {int} NOT NULL,
  PRIMARY KEY(platform, livemode, print)
) {strict};
