// Policies, actions and rules in force, and their figures.
import type { CaseState, Ground, ItemState, Severity, Time, Verdict } from './common.ts'
import type { DeliveryState } from './operate.ts'
import type { ActionChoice } from './cases.ts'
import type { Action } from './trail.ts'

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
