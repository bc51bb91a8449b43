// People, what they may do, and what needs two of them.
import type { Id, Role, Time } from './common.ts'

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
