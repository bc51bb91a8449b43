// Work: queues, cases, and the decisions that people take on them.
import type { CaseState, Ground, Id, ItemKind, Severity, Time, Verdict } from './common.ts'
import type { Account, DecisionRow, Flag, Item, RuleReason, Signal, Stream } from './items.ts'

/** POST work/next. The most urgent case that this person may have is claimed for them; a case they hold comes first. */
export interface WorkNext {
  queue: string | null // only from this queue
}
export interface WorkNextAnswer {
  case: Case | null
  waiting: number // cases still waiting after this one
}

export interface Cause {
  kind: 'rule' | 'flag' | 'unscannable' | 'unknown' | 'appeal' | 'manual' | 'age'
  ref: string
  policy: string | null
  text: string // one sentence for a person: "a picture matches the bank demo-known (distance 6)"
  at: Time
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

/** POST decisions/{id}/undo → the case, claimed again by the person. 409 when the time is over. */
export type Undone = Case

/** POST decisions/{id}/reverse: a new decision takes the old one back. 409 when it was taken back already. */
export interface Reverse {
  reason: string
}
export interface Reversed {
  decision: Id
}

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
