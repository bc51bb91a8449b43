// Every call that the console makes, as types: the contract between the console and src/api/console_*.c.
// Words are those of src/store/migrations/0001_initial.sql. Every field is always present; what is not known is null
// (never missing), lists may be empty. Ids are canonical UUIDs, times RFC 3339 UTC with milliseconds, media ids 64 hex
// digits. Errors are RFC 9457 problems (application/problem+json). api/console.md has one line for each route.

export type Id = string
export type Time = string
export type MediaId = string

export type Role = 'admin' | 'lead' | 'moderator' | 'specialist' | 'viewer'
export type Severity = 'critical' | 'high' | 'medium' | 'low'
export type ItemKind = 'post' | 'comment' | 'message' | 'image' | 'video' | 'profile' | 'live_stream'
export type ItemState = 'pending' | 'scanned' | 'unscannable' | 'deleted' | 'retired'
export type Verdict = 'allow' | 'review' | 'withhold' | 'block'
export type CaseState = 'open' | 'claimed' | 'decided' | 'closed'
export type Ground = 'illegal' | 'incompatible' | 'none'
export type OnOff = 'on' | 'off'

/** RFC 9457. `field` is a JSON Pointer into the request. */
export interface Problem {
  type: string
  title: string
  status: number
  detail: string
  field?: string
}

// Session -----------------------------------------------------------------------------------------------------------

/** POST session */
export interface SignIn {
  name: string
  password: string
}

/** POST session answers 202 with this when a second factor must follow (POST session/second). */
export interface SecondStep {
  totp: boolean // there is an authenticator app
  recovery_left: number
  passkey: PasskeyAsk | null
}

/** What navigator.credentials.get needs; bytes are base64url. POST session/passkey: with an empty `allow`. */
export interface PasskeyAsk {
  challenge: string
  rp_id: string
  verification: 'required' | 'preferred'
  allow: string[]
}

/** POST session/second, POST session/prove: one of these. `alone`: the passkey signs in without a password. */
export interface Proof {
  password?: string // session/prove only, of somebody without a second factor
  code?: string
  recovery?: string
  passkey?: { credential: string; client_data: string; authenticator_data: string; signature: string; user_handle: string | null }
  alone?: boolean
}

/** GET session/security and what ends a session or removes a factor. */
export interface Security {
  totp: boolean
  must_have: boolean // the role needs a second factor
  no_passkeys: string | null // why passkeys cannot work at this address
  recovery_left: number
  passkeys: Passkey[]
  sessions: SignedIn[]
}
export interface Passkey { id: Id; name: string; created_at: Time; used_at: Time | null }
export interface SignedIn { id: Id; device: string; address: string; created_at: Time; seen_at: Time; expires_at: Time; mine: boolean }

/** POST session/totp. The secret is shown this once; `qr` are rows of 0 and 1. */
export interface NewTotp { secret: string; uri: string; qr: string[] }
/** PUT session/totp, POST session/recovery: the codes are shown this once; null when there are some already. */
export interface NewCodes { recovery_codes: string[] | null }
/** POST session/passkeys/begin */
export interface NewPasskeyAsk { challenge: string; rp_id: string; rp_name: string; user_handle: string; user_name: string; known: PasskeyAsk | null }
/** POST session/passkeys */
export interface NewPasskey { passkey: Passkey; recovery_codes: string[] | null }

/** GET session, POST session, PUT session. 401 when there is none. Sets or renews the cookie. */
export interface Session {
  user: { id: Id; name: string; role: Role; pseudonym: string; skills: string[] }
  csrf: string // sent back as X-CSRF-Token with every request that is not GET
  expires_at: Time
  enrolling: boolean // may do nothing but set up a second factor
  undo_seconds: number
  claim_seconds: number // how long a claim lasts without a heartbeat
  observe_only: boolean
  automatic_actions: boolean
  alarms: number // open ones
  alarm_severity: AlarmSeverity | null // of the gravest
  alarm_text: string | null // the newest of the gravest
  waiting: number // cases that this person could take now
  approvals: number // proposals of others that this person could confirm or refuse
  decided_today: number
  prefs: Prefs
  version: string
}

/** PUT session: { prefs }. Kept in users.prefs; unknown keys are kept as they are. */
export interface Prefs {
  theme?: 'system' | 'light' | 'dark'
  density?: 'calm' | 'dense'
  blur?: 'strong' | 'medium' // how the small derivative is blurred before it is revealed
  grey?: boolean // revealed previews stay grey
  reveal?: 'hold' | 'toggle' // hold Space to see, or press once to see and once to cover
  keys?: boolean // false: shortcuts of one letter are off
}

// Work and cases ----------------------------------------------------------------------------------------------------

/** POST work/next. The most urgent case that this person may have is claimed for them; a case they hold comes first. */
export interface WorkNext {
  queue: string | null // only from this queue
}
export interface WorkNextAnswer {
  case: Case | null
  waiting: number // cases still waiting after this one
}

export interface Cause {
  kind: 'rule' | 'flag' | 'unscannable' | 'unknown' | 'appeal' | 'manual'
  ref: string
  policy: string | null
  text: string // one sentence for a person: "a picture matches the bank demo-known (distance 6)"
  at: Time
}

export interface Signal {
  n: number
  detector: string
  version: string
  status: 'ok' | 'failed'
  label: string
  score: number | null
  policy: string | null
  bank: { id: Id; name: string; source: string } | null
  distance: number | null
  media: MediaId | null
  field: string | null // text field
  span_from: number | null // bytes of UTF-8 in that field
  span_to: number | null
  at: Time
  // Of a match with a bank's entry only:
  effect?: Effect
  entry?: Id | null
  classification?: string | null
  provenance?: Provenance | null
  turned?: string | null // how the picture was turned to match
  part?: MatchedPart | null
}
/** What weight a match has: see the Signal of the platforms' API. */
export type Effect = 'full' | 'review' | 'allow' | 'allowed' | 'share'
/** How much of a video or sound matched, and where. */
export interface MatchedPart {
  share_item: number // 0 to 1
  share_entry: number
  offset_ms: number // where in the known one the item begins
  matched_ms: number | null
  speed: number
  in_step: boolean
}

/** What one rule said, with the values that made it (from items.reasons). */
export interface RuleReason {
  rule: string
  policy: string
  ruleset: string
  outcome: 'held' | 'unknown'
  text: string // the explanation in words
  values: { expr: string; value: string }[]
}

export interface Flag {
  id: Id
  kind: 'user' | 'trusted_flagger' | 'notice' | 'referral'
  policy: string | null
  comment: string | null
  reporter: string | null // the platform's account id
  reporter_accuracy: number | null // 0…1, share of this reporter's flags that were upheld; null: too few
  reporter_flags: number
  received_at: Time
  outcome: 'upheld' | 'refused' | null
}

export interface Media {
  id: MediaId
  state: 'pending' | 'decoded' | 'unscannable' | 'erased'
  reason: string | null
  mime: string
  bytes: number
  width: number | null
  height: number | null
  film: Film | null // of a decoded video or sound
}

export interface Film {
  kind: 'video' | 'sound'
  duration_ms: number
  video?: string // codecs
  sound?: string
  fps?: number
  rotation?: number
  board?: { columns: number; width: number; height: number; times_ms: number[] } // stills in rows
  clip?: { kind: 'video' | 'sound'; parts: number; part_ms: number } // equal parts, spread over the whole
}

export interface TextField {
  field: string // title, body …
  text: string
}

export interface Item {
  platform: string
  id: string // the platform's id
  uuid: Id
  version: number
  live: boolean
  kind: ItemKind
  state: ItemState
  verdict: Verdict | null
  text: TextField[] // empty when erased
  erased: boolean
  media: Media[]
  audience: string
  views: number
  engagement: number
  language: string | null
  territory: string | null
  url: string | null
  posted_at: Time
  received_at: Time
}

/** A part of a live stream: an item of its own. */
export interface Segment {
  id: string // the platform's id
  seq: number
  received_at: Time
  state: ItemState
  verdict: Verdict | null
  text: TextField[]
  erased: boolean
  media: Media[]
  signals: Signal[]
  rules: RuleReason[]
}
export interface Stream {
  id: string // the platform's id
  state: 'running' | 'ended' | 'stopped'
  ended_by: 'platform' | 'silence' | 'action' | null
  stopping: boolean // its stop is asked for
  started_at: Time
  last_at: Time // last sign of life
  ended_at: Time | null
  viewers: number
  segments: number
  newest: Segment[] // newest first, at most 24
}

export interface ThreadItem {
  id: string
  account: string | null
  kind: ItemKind
  text: string // all text fields, one line each; at most 1,000 characters
  media: number
  posted_at: Time
  verdict: Verdict | null
}

export interface DecisionRow {
  id: Id
  puid: string
  at: Time
  kind: 'act' | 'clear' | 'reverse'
  policy: string
  ground: Ground
  actions: string[]
  automated: 'fully' | 'partially' | 'not'
  by: string // pseudonym of the person, or the rule
  subject: { kind: 'item' | 'account'; id: string }
  reversed: boolean // undone, or taken back by a later decision
}

export interface Account {
  platform: string
  id: string // the platform's id
  name: string | null
  age_band: 'unknown' | 'under13' | '13-15' | '16-17' | '18+'
  age_assured: 'none' | 'declared' | 'estimated' | 'verified' | 'guardian'
  country: string | null
  language: string | null
  joined: Time | null
  state: 'active' | 'suspended' | 'terminated' | 'deleted'
  strikes: number
  items: number // how many items are kept here
  decisions: DecisionRow[] // newest first, at most 50
}

export interface PolicyChoice {
  name: string
  title: string
  severity: Severity
  ground: Ground // what a decision under it rests on
  text: string // the policy in plain words
  facts: string // sentence offered as the facts of the statement
  actions: string[] // its default actions
  suggested: boolean
}

export interface ActionChoice {
  name: string
  title: string
  help: string
  key: string | null // one letter; E G J K M N P S T U are the console's own
  subject: 'item' | 'account'
}

export interface Note {
  id: Id
  author: string // name
  kind: 'note' | 'skip' | 'move'
  body: string
  at: Time
}

/** POST cases/{id}/draft, kept as the person's draft note and given back with the case. 204. */
export interface Draft {
  policy: string | null // null: nothing chosen; '' : not violating
  actions: string[]
  facts: string
  note: string
}

/** GET cases/{id}, POST cases/{id}/claim (409 when somebody else holds it) */
export interface Case {
  id: Id
  state: CaseState
  platform: string
  live: boolean
  queue: string
  queue_title: string
  severity: Severity
  policy: string | null
  urgency: number
  confidence: number
  reach: number
  clock_at: Time | null
  opened_at: Time
  updated_at: Time
  claimed_by: string | null // name
  mine: boolean // claimed by the person who asks
  claim_until: Time | null
  seen_whole: boolean
  waiting: number // others waiting in this queue
  subject: { kind: 'item' | 'account'; id: string }
  causes: Cause[] // the gravest first
  rules: RuleReason[]
  signals: Signal[]
  flags: Flag[]
  item: Item | null // null: the subject is an account
  stream: Stream | null // the live stream that the item is
  account: Account | null
  thread: { before: ThreadItem[]; after: ThreadItem[] } // oldest first, at most 20 each
  policies: PolicyChoice[] // suggested first
  actions: ActionChoice[]
  notes: Note[] // oldest first
  draft: Draft | null
  decision: DecisionRow | null
}

/** POST cases/{id}/heartbeat. 409 when the claim has lapsed or belongs to somebody else. */
export interface Heartbeat {
  claim_until: Time
}

/** POST cases/{id}/skip. 204. */
export interface Skip {
  reason: string
}

/** POST cases/{id}/note → Note */
export interface NewNote {
  body: string
}

/** POST cases/{id}/move. 204. The case is open again in the other queue. */
export interface Move {
  queue: string
  reason: string
}

/** POST cases/{id}/decide. 409 when the claim has lapsed. A clear decision has no policy, ground none and no actions. */
export interface Decide {
  kind: 'act' | 'clear'
  policy: string | null
  ground: Ground
  actions: { name: string; params: Record<string, unknown> | null }[]
  facts: string // goes into the statement; may be empty: then the policy's sentence is used
  note: string // for colleagues only; may be empty
  copies?: { distance: number; expect: number } // the same for as many copies as were shown; 409 at /copies when there are others now
}
export interface Decided {
  decision: Id
  case: Id
  effective_at: Time // until then POST decisions/{id}/undo takes it back
  decided_today: number
}

/** GET crisis: those that run first. POST crisis {case, title, policy, effect, distance, hours} → WatchLive 201. */
export interface Watches {
  watches: Watch[]
}
export interface Watch {
  id: Id
  title: string
  policy: string
  effect: 'withhold' | 'review'
  bank: Id
  bank_name: string
  kind: string
  distance: number
  turned: boolean
  entries: number
  started_by: string | null
  started_at: Time
  ends_at: Time
  ended_at: Time | null
  by_itself: boolean
  report: WatchFigures | null
}
export interface WatchFigures {
  copies: number
  states: { waiting: number; withheld: number; removed: number; standing: number }
  views: number
  minutes: number[] // copies found in each of the last 60 minutes, oldest first
  seconds_to_action: number | null // from posting to the first action, of what was posted while it ran
}
/** GET crisis/{id}; PATCH crisis/{id} {distance, hours}; POST crisis/{id}/end {} */
export interface WatchLive extends Watch, WatchFigures {
  newest: { item: Id; platform: string; id: string; author: string | null; posted_at: Time; found_at: Time; distance: number; media: string; views: number; state: 'waiting' | 'withheld' | 'removed' | 'standing' }[]
}
/** GET crisis/{id}/preview?distance= */
export interface WatchPreview {
  distances: number[] // how many files lie at most so far away, 0 to 63
  sample: { media: string; distance: number }[] // at the rim
}

/**
 * GET cases/{id}/copies?distance=&kind=&policy=&cursor=&limit= (kind and policy: what is chosen, so that it can say whom that
 * covers). Newest first; totals are of all of them.
 */
export interface Copies {
  copies: Copy[]
  distance: number
  total: number
  hidden: number // that one may not see
  covered: number // by one decision for all
  decided: number // left out: decided already
  held: number // left out: in somebody's hands
  not_yours: number
  newer: number // of those covered, posted after the case's own
  other_authors: number
  views: number
  cut: boolean // there are more than 10,000
  cursor: number | null
  group: { state: 'waiting' | 'done' | 'cancelled'; apply_at: Time; waiting: number; done: number; left: number } | null
}
export interface Copy {
  item: Id
  id: string
  author: string | null
  media: string
  distance: number
  posted_at: Time
  state: ItemState
  verdict: Verdict | null
  views: number
  decided: { kind: 'act' | 'clear'; policy: string; automatic: boolean } | null
  newer: boolean
  same_author: boolean
  covered: boolean
  why: 'decided' | 'held' | 'not_yours' | null
}

/** POST decisions/{id}/undo → the case, claimed again by the person. 409 when the time is over. */
export type Undone = Case

/** POST decisions/{id}/reverse: a new decision takes the old one back. 409 when it was taken back already. */
export interface Reverse {
  reason: string
}
export interface Reversed {
  decision: Id
}

// Queues ------------------------------------------------------------------------------------------------------------

export interface Queue {
  name: string
  title: string
  skills: string[]
  open: number | null // the figures are null for whom may not see the queue
  claimed: number | null
  late: number | null // open ones whose clock has run out
  by_severity: Record<Severity, number | null>
  oldest_at: Time | null
  next_clock_at: Time | null
  mine: boolean // this person may work in it
}
/** GET queues */
export interface Queues {
  queues: Queue[]
}

export interface CaseRow {
  id: Id
  state: CaseState
  platform: string
  live: boolean
  severity: Severity
  policy: string | null
  because: string
  subject: { kind: 'item' | 'account'; id: string; item_kind: ItemKind | null }
  account: string | null
  urgency: number
  reach: number
  stream: 'running' | 'ended' | 'stopped' | null // of a case about a live stream
  stream_since: Time | null
  flags: number
  clock_at: Time | null
  opened_at: Time
  claimed_by: string | null
  claim_until: Time | null
}
/** GET queues/{name}/cases?state=open|claimed|decided&cursor=&limit= (default open and claimed, most urgent first) */
export interface CaseRows {
  cases: CaseRow[]
  total: number
  next: string | null // cursor of the next page
}

// Items and accounts ------------------------------------------------------------------------------------------------

export interface ItemRow {
  platform: string
  id: string
  version: number
  live: boolean
  kind: ItemKind
  account: string | null
  state: ItemState
  verdict: Verdict | null
  media: number
  posted_at: Time
  received_at: Time
}
export interface AccountRow {
  platform: string
  id: string
  age_band: Account['age_band']
  state: Account['state']
  strikes: number
  joined: Time | null
}
/** GET items/search?q= : beginning of an item's, account's, case's or decision's id. Empty q: the newest items. */
export interface Found {
  items: ItemRow[]
  accounts: AccountRow[]
  cases: { id: Id; queue: string; state: CaseState; subject: { kind: 'item' | 'account'; id: string } }[]
}

export interface Action {
  id: Id
  name: string
  params: Record<string, unknown> | null
  reverses: Id | null
  state: 'waiting' | 'sent' | 'confirmed' | 'refused' | 'cancelled' | 'reversed' | 'held'
  created_at: Time
  clock_at: Time | null
  confirmed_at: Time | null
  confirm_note: string | null
}
export interface DecisionEvent {
  kind: string
  at: Time
  actor: string
  outcome: string | null
}
/** One decision with all that came of it. `statement` is the statement of reasons as sent, in paragraphs. */
export interface Decision extends DecisionRow {
  seq: number | null // place in the sealed ledger; null: not sealed yet
  policy_version: string
  facts: string
  trigger: string
  effective_at: Time
  statement: { heading: string; text: string }[]
  done: Action[]
  events: DecisionEvent[]
  deliveries: Delivery[]
}
/** GET items/{platform}/{ext_id} */
export interface Trail {
  item: Item
  stream: Stream | null // the live stream that the item is, or a segment of
  account: Account | null
  ruleset: string | null
  verdict_at: Time | null
  rules: RuleReason[]
  signals: Signal[]
  flags: Flag[]
  cases: CaseRow[]
  decisions: Decision[]
}
/** GET accounts/{platform}/{ext_id} */
export interface AccountPage {
  account: Account
  strikes: { decision: Id; policy: string; weight: number; at: Time; expires_at: Time; revoked_at: Time | null }[]
  items: ItemRow[] // newest first, at most 100
  cases: CaseRow[]
}

// Media: GET media/{id}/tiny?case=  answers the 32-pixel derivative (image/png or image/webp) ------------------------

/** POST media/{id}/reveal. Recorded. 410 when the bytes are erased. */
export interface Reveal {
  case: Id | null
  part?: 'preview' | 'clip' // the preview of a video is its storyboard; a clip is a WebM, of a sound too
}
export interface Revealed {
  url: string // works once, a short time
  expires_at: Time
}

// Banks -------------------------------------------------------------------------------------------------------------

export type BankKind = 'pdq' | 'digest' | 'text' | 'video' | 'sound'
export type EntryForm = 'pdq' | 'md5' | 'sha256' | 'word' | 'phrase' | 'regex' | 'vpdq' | 'chromaprint'
export type BankDirection = 'block' | 'allow'
/** What a bank is; rules know it by its name. */
export interface BankSettings {
  name: string
  policy: string
  source: string
  classification: string | null // of entries that say none themselves
  direction: BankDirection
  distance: number // pictures and videos: bits that may differ
  share: number // of the traffic that it applies to, above 0 and at most 1
  share_query: number // video and sound: percent of the item that must match; 0: as usual for the kind
  share_known: number // percent of the entry
  turned: boolean // mirrored and turned copies of pictures match too
  brake: boolean // an entry that suddenly matches too much goes to people only
  enabled: boolean
}
export interface Bank extends BankSettings {
  id: Id
  kind: BankKind
  entries: number
  compared: number | null // percent of the entries that were compared with what was published before; null in lists, and for terms
  matches_24h: number
  matches_7d: number
  created_at: Time
  changed_at: Time
}
/** GET banks */
export interface Banks {
  banks: Bank[]
}
/** POST banks → Bank, 201; 409 when the name is taken. What is not said is as usual. */
export type NewBank = { name: string; kind: BankKind; policy: string } & Partial<BankSettings>
/** PATCH banks/{id} → Bank. Another name is refused (409) while a rule names the bank. */
export type BankChange = Partial<BankSettings>
/** DELETE banks/{id} → 204. `confirm` is its name; 409 while a rule names it. */
export interface BankDelete {
  confirm: string
}
export type EntryState = 'live' | 'review_only' | 'off' | 'expired'
export interface Provenance {
  exchange?: string
  record?: string
  member?: string
  tags?: string[]
  decision?: string
  url?: string
}
export interface BankEntry {
  id: Id
  value: string // hex, or the pattern
  cut: boolean // only the beginning of it
  form: EntryForm
  note: string | null
  classification: string | null
  provenance: Provenance | null
  state: EntryState
  enabled: boolean
  review_only: boolean
  disabled_until: Time | null
  expires_at: Time | null
  added_at: Time
  added_by: string | null
}
/** GET banks/{id}?q=&exchange=&member=&record=&state=&cursor= . A page may be short while there is more. */
export interface BankPage {
  bank: Bank
  entries: BankEntry[] // at most 100; newest first unless they are looked for by `q`
  next: string | null
}
/** GET banks/{id}/history: what was done to it, newest first */
export interface BankHistory {
  rows: { id: Id; at: Time; who: string; verb: string; detail: string | null }[]
}
/** POST banks/{id}/entries → BankEntry, 201. Either a value, or a medium that the store already has. */
export type NewEntry = ({ form?: EntryForm; value: string } | { media: MediaId }) & {
  case?: Id | null
  decision?: Id | null
  note?: string | null
  classification?: string | null
  provenance?: Provenance | null
  expires_at?: Time | null
  disabled_until?: Time | null
  enabled?: boolean
  review_only?: boolean
}
/** PATCH banks/{id}/entries/{eid} → BankEntry. Times: a date, a time, or "never". */
export interface EntryChange {
  note?: string
  classification?: string
  expires_at?: string
  enabled?: boolean
  disabled_until?: string // off until then
  restore?: boolean // review-only no more
}
// DELETE banks/{id}/entries/{eid} → 204
/**
 * POST banks/{id}/bulk. Entries by where they came from: counted, or changed in parts. Send `at` of the answer until it is
 * null.
 */
export interface Bulk {
  do: 'count' | 'disable' | 'enable' | 'remove'
  exchange?: string
  member?: string
  record?: string
  until?: string
  at?: Id
}
export interface BulkDone {
  count: number // of all; 0 when `at` was sent
  done: number // in this part
  at: Id | null
}
/**
 * POST banks/{id}/import: a part of a file, as text or in base64. The state of the answer goes with the next part, which
 * begins after the bytes that were taken. Good records are kept, bad ones told; the same file again changes nothing.
 */
export interface Import {
  name?: string // of the file: its ending says the format
  format?: ImportFormat
  form?: EntryForm
  exchange?: string // of entries that say none
  member?: string
  state?: string
  text?: string
  bytes?: string
  last: boolean
}
export type ImportFormat = 'auto' | 'lines' | 'csv' | 'json' | 'ndjson'
export interface ImportError {
  line: number
  column: number // character or cell; 0: unknown
  field: string
  detail: string
}
export interface Imported {
  format: ImportFormat
  taken: number // bytes
  state: string
  lines: number // of the file, up to here
  added: number
  present: number // were there already
  refused: number
  errors: ImportError[]
}
/** POST banks/{id}/export: a part of all entries; `before` is `next` of the part before. */
export interface Export {
  format: ImportFormat
  before?: Id
}
export interface Exported {
  type: string
  ending: string
  text: string
  next: Id | null
}

// Deliveries, alarms, keys ------------------------------------------------------------------------------------------

export type DeliveryState = 'waiting' | 'leased' | 'delivered' | 'dead' | 'cancelled' | 'held'
export interface Delivery {
  id: Id
  platform: string
  live: boolean
  kind: string
  subject_key: string // '' and no body: about something that this person may not see
  state: DeliveryState
  attempts: number
  created_at: Time
  not_before: Time
  next_at: Time | null
  delivered_at: Time | null
  status: number | null
  error: string | null
  body: unknown // the JSON as sent
}
/** GET deliveries?state=&cursor= ; POST deliveries/{id}/replay → Delivery */
export interface Deliveries {
  deliveries: Delivery[] // newest first, 100 a page
  counts: Record<DeliveryState, number>
  next: string | null
}

// Audit -------------------------------------------------------------------------------------------------------------

export interface AuditRow {
  id: Id
  seq: number | null // its number in the chain; null: not sealed yet
  at: Time
  actor: string // user:<id> key:<id> cli system
  who: string // a person's name, else the actor
  verb: string
  subject: string | null
  detail: string | null
}
/** GET audit?actor=&verb=&subject=&from=&to=&cursor= ; POST audit/export {from?, to?} → a file of JSON lines */
export interface Audit {
  rows: AuditRow[] // newest first, 100 a page
  next: Id | null
  proof: {
    sealed: number // the newest number of the chain
    waiting: number // rows without a number yet
    signed: number | null // the newest number that a checkpoint covers
    signed_at: Time | null
    broken: boolean
  }
  verbs: { verb: string; help: string }[]
}

export type AlarmSeverity = 'critical' | 'warning' | 'notice'
export interface AlarmEvent {
  at: Time
  what: string // opened again acknowledged closed over told failed
  who: string | null // a person's name, cli, or the channel and whom it reached (mail:oncall)
}
export interface Alarm {
  id: Id
  kind: string
  ref: string
  severity: AlarmSeverity
  title: string
  text: string // what happened
  safe: string // what is safe
  remedy: string // what to do
  ends_itself: boolean // it closes when its cause is over
  state: 'open' | 'acknowledged' | 'closed'
  owner: string | null // name
  opened_at: Time
  changed_at: Time
  count: number
  history: AlarmEvent[] // newest first, at most 50
  about: string | null // the screen that shows its subject, below /console/
}
/** GET alarms?state= (default: all that are not closed, newest first); POST alarms/{id}/acknowledge|close → Alarm */
export interface Alarms {
  alarms: Alarm[]
}

export type Scope = 'ingest' | 'match' | 'flag' | 'accounts' | 'confirm' | 'events' | 'read' | 'admin' | 'banks'
export interface ApiKey {
  id: Id
  platform: string
  live: boolean
  label: string
  prefix: string
  scopes: Scope[]
  rate_per_s: number // 0: no limit
  burst: number // 0: a second's worth
  networks: string[] // empty: from anywhere
  created_at: Time
  last_used_at: Time | null
  expires_at: Time | null
  revoked_at: Time | null
  replaced_by: Id | null // its successor, after a rotation
  unused: boolean // for 90 days
}
/** GET keys; PUT keys/{id} (KeyBounds) → ApiKey; DELETE keys/{id} → 204 (revokes) */
export interface Keys {
  keys: ApiKey[]
  platforms: string[]
}
export interface KeyBounds {
  label: string
  scopes: Scope[]
  rate_per_s: number
  burst: number
  networks: string[]
  expires_at: Time | null
}
/** POST keys, 201 */
export interface NewKey extends KeyBounds {
  platform: string
  live: boolean
}
/** Also POST keys/{id}/rotate: { hours } that the old one works on, 201 */
export interface CreatedKey {
  key: ApiKey
  secret: string // shown this once
}

// People ------------------------------------------------------------------------------------------------------------

export type GrantKind = 'queue' | 'policy' | 'evidence'
export type Act = 'see' | 'work' | 'reveal' | 'decide' | 'reverse'
export interface Grant {
  kind: GrantKind
  name: string // of a queue, a policy (with all below it) or a class of evidence
  acts: Act[]
}
export interface Person {
  id: Id
  name: string
  role: Role
  pseudonym: string
  skills: string[]
  grants: Grant[]
  me: boolean
  second_factor: boolean // an app or a passkey beside the password
  sessions: number // open ones
  seen_at: Time | null // when the newest of them was last used
  created_at: Time
  disabled_at: Time | null
  locked_until: Time | null // too many wrong passwords
}
/** GET people */
export interface People {
  people: Person[]
  queues: string[] // what grants can name
  policies: string[]
  skills: string[] // that queues ask for
}
/** POST people */
export interface NewPerson {
  name: string
  role: Role
  skills?: string[]
}
/** POST people, POST people/{id}/password */
export interface NewPassword {
  person: Person
  password: string // shown this once
}
/** PATCH people/{id}: what is not there stays */
export interface PersonChange {
  role?: Role
  skills?: string[]
  grants?: Grant[]
  disabled?: boolean
}

// Approvals ---------------------------------------------------------------------------------------------------------

export type ProposalState = 'open' | 'done' | 'refused' | 'withdrawn' | 'expired'
export interface Proposal {
  id: Id
  operation: string // of two_person in the configuration
  help: string
  what: { subject: string; changes: { field: string; was: string | null; will: string | null }[] }
  reason: string
  proposer: string | null
  mine: boolean
  can_confirm: boolean // and refuse
  state: ProposalState
  created_at: Time
  expires_at: Time
  closed_by: string | null
  closed_at: Time | null
  note: string | null // why it was refused
}
/** GET approvals: what this person proposed, or could have done */
export interface Approvals {
  open: Proposal[]
  closed: Proposal[] // newest first
  guarded: string[] // operations that need two people
}
/** POST approvals → Proposal: the request as it would have been sent; 409 with field /two_person asks for it */
export interface Propose {
  method: string
  path: string
  body?: object
  reason: string
}
/** POST approvals/{id}/confirm: `result` is what the operation answered */
export interface Confirmed {
  proposal: Proposal
  result: { secret?: string; password?: string } | null
}

// Policy, rules, figures, switches ----------------------------------------------------------------------------------

export interface Policy {
  name: string
  title: string
  parent: string | null
  severity: Severity
  clock_s: number | null
  ground: Ground
  on_unknown: Verdict
  actions: string[]
  category: string | null // the Commission's
  text: string
}
/** GET policies */
export interface Policies {
  version: string
  policies: Policy[]
}
/** GET actions */
export interface Actions {
  actions: (ActionChoice & { reversible: boolean; clock_s: number | null })[]
}
/** GET rules */
export interface Rules {
  version: string
  loaded_at: Time
  refused: string | null // file:line:column and why the newest text was refused; the older one is in force
  rules: {
    name: string
    policy: string
    pack: string // file
    line: number
    active: boolean
    reason: string | null // why not
    shadow_until: Time | null
    source: string
    hits_7d: number | null // null: under a policy that this person may not see
  }[]
}
/** GET figures?days= (default 7) */
export interface Figures {
  from: Time
  to: Time
  policies: {
    policy: string // '' : under no policy
    review: number
    withhold: number
    block: number
    decided_act: number
    decided_clear: number
    automatic: number
    reversed: number
    flags: number
  }[]
  items: Record<ItemState, number>
  verdicts: Record<Verdict, number>
  cases: Record<CaseState, number>
  actions: Record<Action['state'], number>
  deliveries: Record<DeliveryState, number>
  median_queued_s: number | null
  median_decided_s: number | null
}
export type SwitchName = 'observe_only' | 'automatic_actions'
export interface Switch {
  name: SwitchName
  value: OnOff
  set_by: string // name; '' while it never was set
  at: Time | null
}
/** GET switches; PUT switches { name, value } → Switches */
export interface Switches {
  switches: Switch[]
}
export interface SetSwitch {
  name: SwitchName
  value: OnOff
}

/** GET live (server-sent events): event `counters`, at once and whenever something changed, at most once a second */
export interface Counters {
  alarms: number
  alarm_severity: AlarmSeverity | null
  alarm_text: string | null
  waiting: number // that this person could take
  approvals: number
  watches: number // of crisis mode that run
  queues: Record<string, number> // open cases of each queue that this person may see
  observe_only: boolean
  automatic_actions: boolean
}
