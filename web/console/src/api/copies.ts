// Near-copies of an item: one decision for all, and crisis mode.
import type { Id, ItemState, Time, Verdict } from './common.ts'

/**
 * GET crisis: those that run first. POST crisis {case | decision | known, media, title, policy, effect, distance, hours} →
 * WatchLive 201; `media` picks one file of the case or decision. Known: what POST crisis-known (a file's bytes) answers.
 */
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
/** Of one file; only the server makes and reads it. */
export interface Known {
  known: { form: string; value: string }[]
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
  newest: { item: Id; platform: string; id: string; author: string | null; posted_at: Time; found_at: Time; distance: number; media: string; views: number; state: 'waiting' | 'withheld' | 'removed' | 'standing'; stream: boolean }[]
  hidden: number // newer ones that are not this person's to see
}
/** GET crisis/{id}/preview?distance=; before it starts POST crisis-preview {case | decision | known, media, distance} */
export interface WatchPreview {
  kind: string // of bank: pdq, video or sound
  distance: number // of a sound at most 9
  caught: number // files within that distance, judged as the watch would
  now: number | null // within its own, when it runs
  cut: boolean // there are more than can be compared
  sample: { media: string; distance: number; platform: string; id: string }[] // at the rim, each with the newest item that has it
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
  cut: boolean // there are more than 10,000, or more than can be compared
  cursor: number | null
  group: { state: 'waiting' | 'done' | 'cancelled'; apply_at: Time; waiting: number; done: number; left: number; why: Record<string, number> } | null
}
export interface Copy {
  item: Id
  id: string
  author: string | null
  media: string
  distance: number
  percent: number | null // of a video or sound that is known
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
