// Banks of known content, their entries, import and export.
import type { Id, MediaId, Time } from './common.ts'
import type { Known } from './copies.ts'

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
  idle: boolean // no rule in force names it: nothing comes of what it matches
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
/** What was asked for or follows from a change: items that the bank matched are judged again. */
export type JudgingWhy = 'asked' | 'entries' | 'allow' | 'share' | 'review' | 'rules'
/** GET banks/{id}/rescan */
export interface Judging {
  judging: { why: JudgingWhy; done: number; left: number; more: boolean; since: Time }[] // `more`: more than that are left
}
/** POST banks/{id}/rescan → Rescanned. */
export interface Rescan {
  do: 'count' | 'ask'
  received_from?: string // a date: only items that came in since then
}
export interface Rescanned {
  items: number
  more: boolean // more than that
  asked: boolean
}
/** POST banks/{id}/entries → AddedEntry, 201; 200 when it was there and lasts longer now. A value, a medium that the store already has, or what a file is known by. */
export type NewEntry = ({ form?: EntryForm; value: string } | { media: MediaId } | Known) & {
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
export interface AddedEntry extends BankEntry {
  extended: boolean // it was there, and lasts longer now
  fresh: boolean // it was not there in any state: removing it leaves the bank as it was
}
/** POST banks/{id}/known (a file's bytes) → Known: what the bank would hold of it. 422 with the reason; 503 when no worker is free. */
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
  from?: Id // alone, with `to`: what an import of this person has added
  to?: Id
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
  extended: number // of these: last longer now
  expired: number // left out: their time was over
  refused: number
  errors: ImportError[]
  from: Id // with `to`: takes what was added out again (Bulk)
  to: Id
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
  left_out: number // entries of this part that the format cannot say
  next: Id | null
}
