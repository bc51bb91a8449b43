-- Live streams: segments are items of their own, each with its verdict; cases, decisions and actions are the stream's.
CREATE TABLE streams(
  platform {int} NOT NULL,
  item {bytes} NOT NULL,                -- the stream's own item: what cases, decisions and actions are about
  live {int} NOT NULL,
  ext_id {text} NOT NULL,               -- the platform's id of the stream, and of that item
  state {text} NOT NULL,                -- running ended stopped
  ended_by {text},                      -- platform silence action
  started_at {int} NOT NULL,
  last_at {int} NOT NULL,               -- last sign of life: a segment, or a number of viewers
  ended_at {int},
  segments {int} NOT NULL DEFAULT 0,
  seq {int} NOT NULL DEFAULT -1,        -- the highest seen
  viewers {int} NOT NULL DEFAULT 0,     -- now
  weigh {int} NOT NULL DEFAULT 0,       -- 1: the place of its case in the queue must be found anew
  PRIMARY KEY(platform, item)
) {strict};
CREATE UNIQUE INDEX streams_ext ON streams(platform, live, ext_id);
CREATE INDEX streams_running ON streams(last_at) WHERE state = 'running';
CREATE INDEX streams_weigh ON streams(platform, item) WHERE weigh = 1;

CREATE TABLE stream_segments(
  platform {int} NOT NULL,
  item {bytes} NOT NULL,
  stream {bytes} NOT NULL,
  seq {int} NOT NULL,
  at {int} NOT NULL,                    -- received
  PRIMARY KEY(platform, item)
) {strict};
CREATE INDEX stream_segments_of ON stream_segments(platform, stream, seq DESC, at DESC);
