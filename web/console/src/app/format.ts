// Numbers, times and words as people read them. Pure functions: `at` is the present in milliseconds.
import type { Severity } from '../api.ts'

/** Of sounds up to so many of 32 bits may differ, of pictures and frames so many of 256. */
export const SOUND_BITS_MAX = 9

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

const pad = (n: number) => String(n).padStart(2, '0')

/** A length or a place in one: "0:07", "12:30", "1:02:03" */
export function clock(ms: number): string {
  const s = Math.floor(ms / 1000)
  const h = Math.floor(s / 3600)
  return h ? `${h}:${pad(Math.floor(s / 60) % 60)}:${pad(s % 60)}` : `${Math.floor(s / 60)}:${pad(s % 60)}`
}

/** "12 d ago", "in 3 min", "just now" */
export function ago(time: string | null, at: number): string {
  if (!time) return 'unknown'
  const ms = at - Date.parse(time)
  const size = Math.abs(ms)
  if (size < 45_000) return 'just now'
  const words =
    size < HOUR ? `${Math.round(size / MINUTE)} min`
    : size < 36 * HOUR ? `${Math.round(size / HOUR)} h`
    : size < 90 * DAY ? `${Math.round(size / DAY)} d`
    : size < 730 * DAY ? `${Math.round(size / (30.44 * DAY))} months`
    : `${Math.round(size / (365.25 * DAY))} years`
  return ms > 0 ? `${words} ago` : `in ${words}`
}

/** Time left until a clock runs out: "3 d left", "2:41 h left", "41 min left", "4:07 min left", "late by 12 min". Seconds only under ten minutes. */
export function left(clock: string | null, at: number): { text: string; late: boolean; soon: boolean } {
  if (!clock) return { text: 'no clock', late: false, soon: false }
  const ms = Date.parse(clock) - at
  const late = ms < 0
  const size = Math.abs(ms)
  const seconds = Math.floor(size / 1000)
  const text =
    size >= 3 * DAY ? `${Math.round(size / DAY)} d`
    : size >= HOUR ? `${Math.floor(seconds / 3600)}:${pad(Math.floor(seconds / 60) % 60)} h`
    : size >= 10 * MINUTE ? `${Math.floor(seconds / 60)} min`
    : `${Math.floor(seconds / 60)}:${pad(seconds % 60)} min`
  return { text: late ? `late by ${text}` : `${text} left`, late, soon: !late && ms < 30 * MINUTE }
}

/** "24 Nov 2026, 06:17" in the reader's own zone; the title of a time says it in UTC. */
export function when(time: string | null): string {
  if (!time) return 'never'
  return new Date(time).toLocaleString('en-GB', { day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit' })
}

const groups = new Intl.NumberFormat('en-GB')
export function count(n: number): string {
  return groups.format(n).replaceAll(',', '\u2009')
}
export function plural(n: number, one: string, many = one + 's'): string {
  return `${count(n)} ${n === 1 ? one : many}`
}
export function bytes(n: number): string {
  return n < 1000 ? `${n} B` : n < 1e6 ? `${Math.round(n / 1e3)} kB` : `${(n / 1e6).toFixed(1)} MB`
}
export function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}
export function seconds(s: number | null): string {
  if (s === null) return '–'
  return s < 90 ? `${Math.round(s)} s` : s < 5400 ? `${Math.round(s / 60)} min` : `${(s / 3600).toFixed(1)} h`
}
export function short(id: string): string {
  return id.length > 13 ? id.slice(-8) : id
}
export function words(name: string): string {
  return name.replaceAll('_', ' ')
}
/** With a capital letter and quotation marks as printed. */
export function sentence(text: string): string {
  return quoted(text.charAt(0).toUpperCase() + text.slice(1))
}
function quoted(text: string): string {
  return text.replace(/"([^"]*)"/g, '“$1”')
}

/** A sentence as the rest of another: "because " + clause("A text has a term.") */
export function clause(text: string): string {
  const bare = text.replace(/[.\s]+$/, '')
  return quoted(/^[A-Z]([a-z ]|$)/.test(bare) ? bare.charAt(0).toLowerCase() + bare.slice(1) : bare)
}

export const SEVERITIES: readonly Severity[] = ['critical', 'high', 'medium', 'low']
export const AGE_ASSURED: Record<string, string> = {
  none: 'not known how',
  declared: 'self-declared',
  estimated: 'estimated',
  verified: 'verified',
  guardian: 'said by a guardian',
}
export const AGE_BAND: Record<string, string> = {
  unknown: 'age unknown',
  under13: 'under 13',
  '13-15': '13–15',
  '16-17': '16–17',
  '18+': '18 or older',
}
