-- Who approached whom, and what became of it: what patterns of approach are counted from. No content, ever. Small numbers are the
-- words of src/core/words.tbl.h in their order.
CREATE TABLE contact_log(
  id {int} PRIMARY KEY,
  platform {int} NOT NULL,
  sender {bytes} NOT NULL,              -- the account that made the contact; rows of an erased one are deleted
  receiver {bytes} NOT NULL,            -- whom it was made to; of an erased one a random id that names nobody
  at {int} NOT NULL,
  kind {int} NOT NULL,                  -- message message_media follow comment mention group_invitation live_join
  outcome {int} NOT NULL,               -- allow request deny, as answered; or what the receiver said later: accepted declined …
  band {int} NOT NULL,                  -- the receiver's age band then
  flags {int} NOT NULL,                 -- 1 link, 2 handle, 4 media
  text {int},                           -- keyed sketch of the text; NULL: none was made
  origin {int}                          -- keyed hash of where it came from, as the platform says; NULL: it did not
) {strict};
CREATE INDEX contact_log_sender ON contact_log(platform, sender, at);
CREATE INDEX contact_log_receiver ON contact_log(platform, receiver, at);
CREATE INDEX contact_log_origin ON contact_log(platform, origin, at) WHERE origin IS NOT NULL;
CREATE INDEX contact_log_at ON contact_log(at);

CREATE TABLE contact_watch(             -- accounts that made contacts a moment ago: when the rules about contacts are asked of them
  platform {int} NOT NULL,
  account {bytes} NOT NULL,
  due_at {int} NOT NULL,                -- waits: judged then; is being judged: by then, or another begins; rests: forgotten then
  state {int} NOT NULL,                 -- 0 rests, 1 waits, 2 is being judged
  PRIMARY KEY(platform, account)
) {strict};
CREATE INDEX contact_watch_due ON contact_watch(due_at);
