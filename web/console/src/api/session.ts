// Signing in, second factors, who one is, and what the shell is told while one is.
import type { Id, Role, Time } from './common.ts'
import type { AlarmSeverity } from './operate.ts'

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
