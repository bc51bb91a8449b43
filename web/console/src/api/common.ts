// Words and shapes that every part of the console speaks of.

export type Id = string
export type Time = string
export type MediaId = string

export type Role = 'admin' | 'lead' | 'moderator' | 'specialist' | 'viewer'
export type Severity = 'critical' | 'high' | 'medium' | 'low'
export type ItemKind = 'post' | 'comment' | 'message' | 'image' | 'video' | 'profile' | 'live_stream' | 'audio'
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
