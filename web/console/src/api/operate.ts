// What keeps Tutela running: deliveries, the audit trail, alarms, keys of the API, switches.
import type { Id, OnOff, Time } from './common.ts'

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

/** GET interventions: what searches and comments were told. `n` is null below `least`. */
export interface Interventions {
  from: string
  least: number
  more: boolean // there were more rows
  counts: {
    used: 'search' | 'comment'
    list: string | null // null: no list was the reason
    title: string | null // null when the list is no more
    country: string | null
    age_band: 'unknown' | 'under13' | '13-15' | '16-17' | '18+'
    said: 'notice' | 'block' | 'ask' | 'hold' | 'refuse'
    n: number | null
  }[]
}
