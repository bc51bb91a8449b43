// Search, and the whole story of an item or an account.
import type { CaseState, Id, ItemKind, ItemState, Time, Verdict } from './common.ts'
import type { Delivery } from './operate.ts'
import type { Account, DecisionRow, Flag, Item, RuleReason, Signal, Stream } from './items.ts'
import type { CaseRow } from './cases.ts'

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
/** GET accounts/{platform}/{ext_id}/settings */
export interface AccountSettings {
  age_band: Account['age_band'] // the accepted one
  treated_as: Account['age_band']
  birth_month: string | null // year and month
  age: { state: 'unknown' | 'held' | 'offered' | 'declined' | 'moved'; assured: Account['age_assured']; confidence: number | null; since: Time | null; offered: Account['age_band'] | null; came_from: Account['age_band'] | null }
  said: { assured: Account['age_assured']; age_band: Account['age_band']; at: Time }[] // the last statement by each means
  policy_version: string
  settings: { key: string; title: string; must_be: string; by_default: string; loosest: string; reason: 'free' | 'locked' | 'guardian' | 'unknown'; until: Time | null }[]
  guardians: { guardian: string; linked_at: Time }[]
  history: { at: Time; what: string; event: string; from: string; to: string; by: string; warned: boolean; until: Time | null; age_band: Account['age_band']; age_assured: Account['age_assured']; confidence: number | null; policy_version: string }[] // newest first, at most 200
  more_history: boolean
}
/** GET accounts/{platform}/{ext_id} */
export interface AccountPage {
  account: Account
  strikes: { decision: Id; policy: string; weight: number; at: Time; expires_at: Time; revoked_at: Time | null }[]
  items: ItemRow[] // newest first, at most 100
  cases: CaseRow[]
}
