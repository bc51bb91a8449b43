// An item, its media and its account, and what detectors, rules and people said about it.
import type { Ground, Id, ItemKind, ItemState, MediaId, Time, Verdict } from './common.ts'
import type { Provenance } from './banks.ts'

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
  shown?: { from_ms: number; to_ms: number }[]
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
  kind: 'video' | 'sound' | 'animation'
  duration_ms: number
  video?: string // codecs
  sound?: string
  fps?: number
  pictures?: number
  rotation?: number
  board?: { columns: number; width: number; height: number; times_ms: number[] } // stills in rows
  clip?: ClipParts & { kind: 'video' | 'sound' } // spread over the whole
  moments?: ClipParts & { places: number; cuts_ms: number[] } // another clip, around what was found; some seconds after the match
}
/** What a clip is made of: equal parts of the file. */
export interface ClipParts {
  parts: number
  part_ms: number
  starts_ms?: number[]
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

// GET media/{id}/tiny?case= answers the 32-pixel derivative (image/png or image/webp)

/** POST media/{id}/reveal. Recorded. 410 when the bytes are erased. */
export interface Reveal {
  case: Id | null
  part?: 'preview' | 'clip' | 'moments' // the preview of a video is its storyboard; a clip is a WebM, of a sound too
}
export interface Revealed {
  url: string // works once, a short time
  expires_at: Time
}
