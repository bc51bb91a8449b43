-- Alarms: whom they told and what became of them; and what the watch rules look at.
ALTER TABLE alarms ADD COLUMN brief {text} NOT NULL DEFAULT '';      -- the sentence as messages say it
ALTER TABLE alarms ADD COLUMN told {int} NOT NULL DEFAULT 0;         -- highest step that was told
ALTER TABLE alarms ADD COLUMN told_at {int};
ALTER TABLE alarms ADD COLUMN notify_at {int};                       -- when somebody must be told next; NULL: nobody
ALTER TABLE alarms ADD COLUMN flaps {int} NOT NULL DEFAULT 0;        -- how often it came back within minutes
ALTER TABLE alarms ADD COLUMN closed_by {text};                      -- itself person
CREATE INDEX alarms_ref ON alarms(kind, ref, changed_at);
CREATE INDEX alarms_notify ON alarms(notify_at) WHERE notify_at IS NOT NULL;

CREATE TABLE alarm_events(              -- the history of an alarm
  id {bytes} PRIMARY KEY,
  alarm {bytes} NOT NULL,
  at {int} NOT NULL,
  what {text} NOT NULL,                 -- opened again acknowledged closed over told failed
  who {text} NOT NULL DEFAULT ''        -- user:<id> cli, or the channel and whom it reached
) {strict};
CREATE INDEX alarm_events_alarm ON alarm_events(alarm, at);

CREATE TABLE alarm_notices(             -- messages about alarms; one row a channel and reader
  id {bytes} PRIMARY KEY,
  alarm {bytes} NOT NULL,
  what {text} NOT NULL,                 -- raised escalated over test
  channel {text} NOT NULL,              -- mail webhook
  who {text} NOT NULL,                  -- oncall leads admins
  state {text} NOT NULL,                -- waiting leased sent dead
  attempts {int} NOT NULL DEFAULT 0,
  created_at {int} NOT NULL,
  next_at {int} NOT NULL,
  sent_at {int},
  batch {bytes},                        -- the message that carried it
  error {text}                          -- last failure, our words
) {strict};
CREATE INDEX alarm_notices_due ON alarm_notices(next_at) WHERE state IN ('waiting', 'leased');
CREATE INDEX alarm_notices_sent ON alarm_notices(channel, who, sent_at) WHERE state = 'sent';

CREATE TABLE vitals(                    -- figures by minute that the watch rules compare; kept for hours
  name {text} NOT NULL,
  minute {int} NOT NULL,
  value {int} NOT NULL,
  PRIMARY KEY(name, minute)
) {strict};

CREATE TABLE beats(                     -- signs of life of the roles
  role {text} PRIMARY KEY,              -- clerk server courier worker:0 …
  at {int} NOT NULL,
  started_at {int} NOT NULL,
  pid {int} NOT NULL
) {strict};

CREATE TABLE deadlines(                 -- what runs out unless somebody renews it: certificates, keys, backups
  kind {text} NOT NULL,                 -- of the alarm
  ref {text} NOT NULL,
  warn_at {int} NOT NULL,
  due_at {int} NOT NULL,
  PRIMARY KEY(kind, ref)
) {strict};
CREATE INDEX cases_moved ON cases(queue, updated_at);
