-- The whole data model. Types are the driver's: {bytes} {int} {real} {text}; {strict} ends a table.
-- Times are microseconds since 1970 UTC. Ids are UUIDv7, 16 bytes. Keys begin with the platform where rows belong to one.
-- Words in TEXT columns are the enums of src/core; the store never invents one.

-- Platforms, their keys and endpoints -------------------------------------------------------------------------------
CREATE TABLE platforms(
  platform {int} PRIMARY KEY,
  name {text} NOT NULL UNIQUE,
  created_at {int} NOT NULL
) {strict};

CREATE TABLE api_keys(
  id {bytes} PRIMARY KEY,
  platform {int} NOT NULL,
  live {int} NOT NULL,                  -- 1 live, 0 test
  label {text} NOT NULL,
  prefix {text} NOT NULL,               -- the first characters, to recognise it by
  hash {bytes} NOT NULL UNIQUE,         -- BLAKE2b-256 of the secret
  scopes {text} NOT NULL,               -- words separated by spaces: ingest match flag accounts confirm events read admin
  rate_per_s {int} NOT NULL DEFAULT 0,  -- 0: no limit
  created_at {int} NOT NULL,
  last_used_at {int},
  expires_at {int},
  revoked_at {int}
) {strict};

CREATE TABLE endpoints(
  id {bytes} PRIMARY KEY,
  platform {int} NOT NULL,
  live {int} NOT NULL,
  url {text} NOT NULL,
  secret {bytes} NOT NULL,              -- sealed under the master key
  secret_old {bytes},                   -- while rotating: both sign
  old_until {int},
  private_ok {int} NOT NULL DEFAULT 0,  -- may be on a private network (allowed by the operator)
  enabled {int} NOT NULL DEFAULT 1,
  created_at {int} NOT NULL
) {strict};

-- Accounts and items ------------------------------------------------------------------------------------------------
CREATE TABLE accounts(
  platform {int} NOT NULL,
  id {bytes} NOT NULL,
  ext_id {text} NOT NULL,               -- the platform's id
  age_band {text} NOT NULL DEFAULT 'unknown',     -- unknown under13 13-15 16-17 18+
  age_assured {text} NOT NULL DEFAULT 'none',     -- none declared estimated verified guardian
  birth_month {text},                   -- YYYY-MM; never a day
  country {text},
  language {text},
  name {bytes},                         -- display name, sealed under the account's key
  created_at {int},
  settings {text},                      -- JSON: settings in force at the platform
  state {text} NOT NULL DEFAULT 'active',         -- active suspended terminated deleted
  strikes {int} NOT NULL DEFAULT 0,
  livemode {int} NOT NULL DEFAULT 1,
  seen_at {int} NOT NULL,
  updated_at {int} NOT NULL,
  PRIMARY KEY(platform, id)
) {strict};
CREATE UNIQUE INDEX accounts_ext ON accounts(platform, ext_id);

CREATE TABLE items(
  platform {int} NOT NULL,
  id {bytes} NOT NULL,
  ext_id {text} NOT NULL,
  version {int} NOT NULL,
  live {int} NOT NULL,
  kind {text} NOT NULL,                 -- post comment message image video profile live_stream
  account {bytes},
  thread_ext {text},
  parent_ext {text},
  audience {text} NOT NULL,             -- public followers friends group direct
  views {int} NOT NULL DEFAULT 0,
  engagement {int} NOT NULL DEFAULT 0,
  language {text},
  territory {text},
  posted_at {int} NOT NULL,
  received_at {int} NOT NULL,
  updated_at {int} NOT NULL,
  body {bytes},                         -- JSON {"text":{field:text},"url":…} sealed under the account's key; NULL once erased
  print {bytes} NOT NULL,               -- keyed hash of the request: the same again answers the same
  state {text} NOT NULL,                -- pending scanned unscannable deleted
  verdict {text},                       -- allow review withhold block; NULL while pending
  verdict_at {int},
  ruleset {text},                       -- version of the rules that made it
  reasons {text},                       -- JSON: rules and values that made the verdict
  expires_at {int},
  PRIMARY KEY(platform, id)
) {strict};
CREATE UNIQUE INDEX items_ext ON items(platform, ext_id, version);
CREATE INDEX items_account ON items(platform, account, received_at);
CREATE INDEX items_thread ON items(platform, thread_ext, posted_at) WHERE thread_ext IS NOT NULL;
CREATE INDEX items_expiry ON items(expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE media(
  platform {int} NOT NULL,
  id {bytes} NOT NULL,                  -- 32 bytes: keyed hash of the content; also the blob's name
  bytes {int} NOT NULL,
  mime {text} NOT NULL,                 -- sniffed from magic bytes, never the client's word
  state {text} NOT NULL,                -- pending decoded unscannable erased
  reason {text},                        -- why unscannable
  width {int}, height {int},
  sha256 {bytes} NOT NULL,
  md5 {bytes} NOT NULL,
  pdq {bytes},
  pdq_quality {int},
  received_at {int} NOT NULL,
  expires_at {int},
  blob_gone {int} NOT NULL DEFAULT 0,   -- the bytes of an erased row were removed
  PRIMARY KEY(platform, id)
) {strict};
CREATE INDEX media_purge ON media(platform, id) WHERE state = 'erased' AND blob_gone = 0;
CREATE INDEX media_expiry ON media(expires_at) WHERE state <> 'erased' AND expires_at IS NOT NULL;

CREATE TABLE item_media(
  platform {int} NOT NULL,
  item {bytes} NOT NULL,
  n {int} NOT NULL,
  media {bytes} NOT NULL,
  PRIMARY KEY(platform, item, n)
) {strict};
CREATE INDEX item_media_media ON item_media(platform, media);

CREATE TABLE jobs(
  platform {int} NOT NULL,
  item {bytes} NOT NULL,
  kind {text} NOT NULL,                 -- scan; rescan
  run_at {int} NOT NULL,                -- ready when it has come; a lease moves it to its deadline
  state {text} NOT NULL,                -- ready leased delayed buried
  lease {bytes},                        -- the worker's token while leased
  tries {int} NOT NULL DEFAULT 0,
  reason {text},
  PRIMARY KEY(platform, item)
) {strict};
CREATE INDEX jobs_run ON jobs(run_at) WHERE state <> 'buried';

CREATE TABLE signals(
  platform {int} NOT NULL,
  item {bytes} NOT NULL,
  n {int} NOT NULL,
  detector {text} NOT NULL,
  version {text} NOT NULL,
  status {text} NOT NULL,               -- ok failed
  label {text} NOT NULL,                -- what it says: bank name, list name, model label; reason when failed
  score {real},
  policy {text},
  bank {bytes},
  entry {bytes},
  distance {int},
  media {bytes},
  field {text},                         -- text field
  span_from {int}, span_to {int},       -- bytes in that field
  at {int} NOT NULL,
  PRIMARY KEY(platform, item, n)
) {strict};
CREATE INDEX signals_bank ON signals(bank, at) WHERE bank IS NOT NULL;

CREATE TABLE flags(
  platform {int} NOT NULL,
  id {bytes} NOT NULL,
  ext_id {text},
  subject_kind {text} NOT NULL,         -- item account
  subject {bytes} NOT NULL,
  kind {text} NOT NULL,                 -- user trusted_flagger notice referral
  policy {text},
  reporter {bytes},                     -- an account, when the platform names it
  body {bytes},                         -- JSON {"comment":…} sealed under the reporter's or subject's key
  received_at {int} NOT NULL,
  case_id {bytes},
  outcome {text},                       -- upheld refused; NULL while open
  PRIMARY KEY(platform, id)
) {strict};
CREATE UNIQUE INDEX flags_ext ON flags(platform, ext_id) WHERE ext_id IS NOT NULL;
CREATE INDEX flags_subject ON flags(platform, subject_kind, subject);
CREATE INDEX flags_reporter ON flags(platform, reporter) WHERE reporter IS NOT NULL;
CREATE INDEX flags_case ON flags(case_id) WHERE case_id IS NOT NULL;

-- Banks -------------------------------------------------------------------------------------------------------------
CREATE TABLE banks(
  id {bytes} PRIMARY KEY,
  name {text} NOT NULL UNIQUE,
  kind {text} NOT NULL,                 -- pdq digest text
  policy {text} NOT NULL,
  source {text} NOT NULL,
  distance {int} NOT NULL DEFAULT 31,   -- pdq only
  enabled {int} NOT NULL DEFAULT 1,
  created_at {int} NOT NULL,
  changed {int} NOT NULL                -- rises with every change of the bank or its entries
) {strict};

CREATE TABLE bank_entries(
  bank {bytes} NOT NULL,
  id {bytes} NOT NULL,
  value {bytes} NOT NULL,               -- 32 bytes PDQ, 16 MD5, 32 SHA-256, or the UTF-8 pattern
  form {text} NOT NULL,                 -- pdq md5 sha256 word phrase regex
  note {text},
  provenance {text},                    -- JSON: exchange, record, member, tags, decision
  enabled {int} NOT NULL DEFAULT 1,
  disabled_until {int},
  added_at {int} NOT NULL,
  PRIMARY KEY(bank, id)
) {strict};
CREATE UNIQUE INDEX bank_entries_value ON bank_entries(bank, form, value);

-- Review ------------------------------------------------------------------------------------------------------------
CREATE TABLE queues(
  name {text} PRIMARY KEY,
  title {text} NOT NULL,
  position {int} NOT NULL,
  skills {text} NOT NULL DEFAULT ''     -- words a moderator must have
) {strict};

CREATE TABLE cases(
  id {bytes} PRIMARY KEY,
  platform {int} NOT NULL,
  live {int} NOT NULL,
  subject_kind {text} NOT NULL,
  subject {bytes} NOT NULL,
  account {bytes},
  queue {text} NOT NULL,
  state {text} NOT NULL,                -- open claimed decided closed
  policy {text},                        -- the gravest policy that brought it here
  severity {text} NOT NULL,             -- critical high medium low
  urgency {real} NOT NULL,              -- higher first
  confidence {real} NOT NULL DEFAULT 0,
  reach {int} NOT NULL DEFAULT 0,
  clock_at {int},                       -- when it must be decided
  opened_at {int} NOT NULL,
  updated_at {int} NOT NULL,
  claimed_by {bytes},
  claimed_at {int},
  claim_until {int},
  decision {bytes},
  seen_whole {int} NOT NULL DEFAULT 0   -- the claimant revealed every media
) {strict};
CREATE INDEX cases_order ON cases(queue, state, urgency DESC, opened_at);
CREATE UNIQUE INDEX cases_subject ON cases(platform, subject_kind, subject) WHERE state IN ('open', 'claimed');
CREATE INDEX cases_of ON cases(platform, subject_kind, subject, opened_at);
CREATE INDEX cases_account ON cases(platform, account, opened_at) WHERE account IS NOT NULL;
CREATE INDEX cases_claims ON cases(claim_until) WHERE state = 'claimed';

CREATE TABLE case_causes(
  case_id {bytes} NOT NULL,
  n {int} NOT NULL,
  kind {text} NOT NULL,                 -- rule flag unscannable unknown appeal manual
  ref {text} NOT NULL,                  -- rule name, flag id, reason
  policy {text},
  detail {text},                        -- JSON
  at {int} NOT NULL,
  PRIMARY KEY(case_id, n)
) {strict};

CREATE TABLE case_notes(
  case_id {bytes} NOT NULL,
  id {bytes} NOT NULL,
  author {bytes} NOT NULL,
  kind {text} NOT NULL,                 -- note skip move draft
  body {text} NOT NULL,
  at {int} NOT NULL,
  PRIMARY KEY(case_id, id)
) {strict};

-- Decisions: the ledger ---------------------------------------------------------------------------------------------
-- Append-only. Every field that any report needs is here from the first day (they cannot be invented later).
CREATE TABLE decisions(
  id {bytes} PRIMARY KEY,
  seq {int} UNIQUE,                     -- given once by the sealer
  puid {text} NOT NULL UNIQUE,
  platform {int} NOT NULL,
  live {int} NOT NULL,
  service {text} NOT NULL,
  at {int} NOT NULL,
  kind {text} NOT NULL,                 -- act clear reverse
  reverses {bytes},
  subject_kind {text} NOT NULL,
  subject {bytes} NOT NULL,
  item_ext {text},
  account {bytes},
  case_id {bytes},
  -- content
  content_types {text} NOT NULL,        -- JSON array
  content_language {text},
  posted_at {int}, first_viewed_at {int}, views_at_action {int},
  author_territory {text},
  -- trigger
  trigger {text} NOT NULL,              -- own_initiative notice trusted_flagger order referral hash_match appeal correction
  trigger_ref {text},                   -- notice id, order id, list
  trigger_entry {text},
  trigger_authority {text}, trigger_state {text}, trigger_legal {text},
  -- detection
  detector {text}, detector_version {text}, score {real}, threshold {real},
  automated_detection {int} NOT NULL,
  -- decision
  policy {text} NOT NULL, policy_version {text} NOT NULL, ruleset {text},
  ground {text} NOT NULL,               -- illegal incompatible none
  legal_ground {text}, legal_explanation {text},
  terms_ground {text}, terms_explanation {text}, terms_also_illegal {int},
  ground_url {text},
  category {text}, category_addition {text} NOT NULL, keywords {text} NOT NULL, keyword_other {text},
  facts {text} NOT NULL,
  visibility {text} NOT NULL,           -- JSON array of DECISION_VISIBILITY_* with start, end, territory
  monetary {text}, provision {text}, account_restriction {text},
  territorial_scope {text},
  visibility_end {int}, monetary_end {int}, service_end {int}, account_end {int},
  -- automation and people
  automated_decision {text} NOT NULL,   -- fully partially not
  reviewer {bytes}, reviewer_pseudonym {text}, reviewer_language {text}, viewed_whole {int},
  second_reviewer {bytes}, queued_us {int}, decided_in_us {int},
  source_type {text} NOT NULL, source_identity {text},
  gag_until {int},
  effective_at {int} NOT NULL,          -- when the outbox may send: the undo window
  statement {text} NOT NULL             -- JSON: the statement of reasons as sent
) {strict};
CREATE INDEX decisions_unsealed ON decisions(id) WHERE seq IS NULL;
CREATE INDEX decisions_subject ON decisions(platform, subject_kind, subject, at);
CREATE INDEX decisions_account ON decisions(platform, account, at);
CREATE INDEX decisions_reverses ON decisions(reverses) WHERE reverses IS NOT NULL;
CREATE INDEX decisions_case ON decisions(case_id) WHERE case_id IS NOT NULL;
CREATE INDEX decisions_reviewer ON decisions(reviewer, at) WHERE reviewer IS NOT NULL;

-- What became of a decision later, also append-only: undone notified delivered confirmed complaint complaint_decided
-- dispute reinstated sor_sent reported authority_informed annex_sent hold_placed hold_lifted
CREATE TABLE decision_events(
  id {bytes} PRIMARY KEY,
  seq {int} UNIQUE,
  decision {bytes} NOT NULL,
  kind {text} NOT NULL,
  at {int} NOT NULL,
  actor {text} NOT NULL,                -- user:<id> platform system
  ref {text},                           -- report id, sor uuid, delivery id
  outcome {text},
  detail {text}                         -- JSON
) {strict};
CREATE INDEX decision_events_unsealed ON decision_events(id) WHERE seq IS NULL;
CREATE INDEX decision_events_of ON decision_events(decision, at);

CREATE TABLE seals(
  seq {int} PRIMARY KEY,                -- 1, 2, 3 … without a gap
  source {text} NOT NULL,               -- decisions decision_events
  ref {bytes} NOT NULL,
  row_hash {bytes} NOT NULL,
  chain {bytes} NOT NULL,               -- BLAKE2b(previous chain, seq, row_hash)
  at {int} NOT NULL
) {strict};

CREATE TABLE holds(                     -- legal holds: a named duty to keep something
  id {bytes} PRIMARY KEY,
  platform {int} NOT NULL,
  subject_kind {text} NOT NULL,
  subject {bytes} NOT NULL,
  basis {text} NOT NULL,
  min_until {int}, max_until {int},
  placed_at {int} NOT NULL,
  lifted_at {int}
) {strict};
CREATE INDEX holds_subject ON holds(platform, subject_kind, subject) WHERE lifted_at IS NULL;

CREATE TABLE strikes(
  platform {int} NOT NULL,
  account {bytes} NOT NULL,
  decision {bytes} NOT NULL,
  policy {text} NOT NULL,
  weight {int} NOT NULL,
  at {int} NOT NULL,
  expires_at {int} NOT NULL,
  revoked_at {int},
  PRIMARY KEY(platform, account, decision)
) {strict};
CREATE INDEX strikes_decision ON strikes(decision);
CREATE INDEX strikes_expiry ON strikes(expires_at);

-- Enforcement -------------------------------------------------------------------------------------------------------
CREATE TABLE actions(
  id {bytes} PRIMARY KEY,
  decision {bytes} NOT NULL,
  platform {int} NOT NULL,
  live {int} NOT NULL,
  subject_kind {text} NOT NULL,
  subject {bytes} NOT NULL,
  name {text} NOT NULL,                 -- of the catalogue
  params {text},                        -- JSON
  reverses {bytes},                     -- the action it takes back
  state {text} NOT NULL,                -- waiting sent confirmed refused cancelled reversed held
  created_at {int} NOT NULL,
  clock_at {int},                       -- confirmed by then or an alarm opens
  confirmed_at {int},
  confirm_note {text}
) {strict};
CREATE INDEX actions_decision ON actions(decision);
CREATE INDEX actions_subject ON actions(platform, subject_kind, subject, created_at);
CREATE INDEX actions_state ON actions(state);
CREATE INDEX actions_reverses ON actions(reverses) WHERE reverses IS NOT NULL;
CREATE INDEX actions_clock ON actions(clock_at) WHERE state IN ('waiting', 'sent');

CREATE TABLE outbox(
  id {bytes} PRIMARY KEY,               -- the webhook-id: the same on every try
  platform {int} NOT NULL,
  live {int} NOT NULL,
  kind {text} NOT NULL,                 -- action.requested item.verdict case.opened statement.issued alarm.opened
  subject_key {text} NOT NULL,          -- deliveries with the same key go out in order
  cause {bytes},                        -- decision, action or item
  event_seq {int} UNIQUE,               -- place in the platform-visible event stream, given by the clerk when due
  body {text} NOT NULL,                 -- JSON, as sent
  created_at {int} NOT NULL,
  not_before {int} NOT NULL,
  state {text} NOT NULL,                -- waiting leased delivered dead cancelled held
  attempts {int} NOT NULL DEFAULT 0,
  next_at {int} NOT NULL,
  lease_until {int},
  delivered_at {int},
  status {int},                         -- last HTTP status
  error {text}                          -- last failure, our words
) {strict};
CREATE INDEX outbox_due ON outbox(next_at) WHERE state IN ('waiting', 'leased');
CREATE INDEX outbox_subject ON outbox(platform, subject_key, created_at);
CREATE INDEX outbox_cause ON outbox(cause);
CREATE INDEX outbox_state ON outbox(state);
CREATE INDEX outbox_unnumbered ON outbox(created_at, id) WHERE event_seq IS NULL AND state = 'waiting';

-- People, switches, alarms, audit -----------------------------------------------------------------------------------
CREATE TABLE users(
  id {bytes} PRIMARY KEY,
  name {text} NOT NULL UNIQUE,
  role {text} NOT NULL,                 -- admin lead moderator specialist viewer
  password {text} NOT NULL,
  pseudonym {text} NOT NULL UNIQUE,
  skills {text} NOT NULL DEFAULT '',
  prefs {text} NOT NULL DEFAULT '{}',
  created_at {int} NOT NULL,
  disabled_at {int},
  failed {int} NOT NULL DEFAULT 0,
  locked_until {int}
) {strict};

CREATE TABLE sessions(
  hash {bytes} PRIMARY KEY,             -- BLAKE2b-256 of the cookie
  user_id {bytes} NOT NULL,
  csrf {bytes} NOT NULL,
  created_at {int} NOT NULL,
  seen_at {int} NOT NULL,
  expires_at {int} NOT NULL
) {strict};
CREATE INDEX sessions_user ON sessions(user_id);

CREATE TABLE reveals(                   -- one-time preview addresses; each is a recorded look
  token {bytes} PRIMARY KEY,            -- BLAKE2b-256 of the token
  user_id {bytes} NOT NULL,
  platform {int} NOT NULL,
  media {bytes} NOT NULL,
  case_id {bytes},
  created_at {int} NOT NULL,
  expires_at {int} NOT NULL,
  used_at {int}
) {strict};

CREATE TABLE alarms(
  id {bytes} PRIMARY KEY,
  kind {text} NOT NULL,                 -- delivery_dead action_clock job_buried rules_refused seal_break disk store …
  ref {text} NOT NULL,                  -- what it is about; (kind, ref) is open once
  text {text} NOT NULL,                 -- what happened, what is safe, what to do
  state {text} NOT NULL,                -- open acknowledged closed
  owner {bytes},
  opened_at {int} NOT NULL,
  changed_at {int} NOT NULL,
  count {int} NOT NULL DEFAULT 1
) {strict};
CREATE UNIQUE INDEX alarms_open ON alarms(kind, ref) WHERE state <> 'closed';

CREATE TABLE audit(
  id {bytes} PRIMARY KEY,
  at {int} NOT NULL,
  actor {text} NOT NULL,                -- user:<id> key:<id> cli system
  verb {text} NOT NULL,                 -- signin reveal decide undo key.create bank.import switch.set …
  subject {text},
  detail {text}
) {strict};
CREATE INDEX audit_at ON audit(at);

CREATE TABLE switches(
  name {text} PRIMARY KEY,              -- observe_only, automatic_actions
  value {text} NOT NULL,
  set_by {text} NOT NULL,
  at {int} NOT NULL
) {strict};

CREATE TABLE duties(                    -- who is the clerk (sealer, janitor …) right now
  name {text} PRIMARY KEY,
  holder {bytes} NOT NULL,
  until {int} NOT NULL
) {strict};

CREATE TABLE counters(                  -- figures that must not need a scan: per day, policy and outcome
  day {int} NOT NULL,
  platform {int} NOT NULL,
  live {int} NOT NULL,
  name {text} NOT NULL,                 -- items_received items_scanned verdict_allow … actions_confirmed
  policy {text} NOT NULL,               -- '' when none
  n {int} NOT NULL,
  PRIMARY KEY(day, platform, live, name, policy)
) {strict};
