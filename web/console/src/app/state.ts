// What the whole console knows: who is signed in, whether the server answers, the counters of the header, the clock.
import { computed, effect, signal } from '@preact/signals'
import type { Counters, Prefs, Session } from '../api.ts'

/** undefined: not asked yet; null: nobody is signed in. */
export const session = signal<Session | null | undefined>(undefined)
/** The session ended while somebody was working: what is on the screen stays until they sign in again. */
export const ended = signal(false)
export const online = signal(true)
export const counters = signal<Counters | null>(null)
/** What the screen shows that the server should tell changes of: a watch, or the live stream of a case. */
export const shown = signal<{ what: 'watch' | 'case'; id: string } | null>(null)
/** Rises each time that has changed. */
export const stirred = signal(0)
/** Ticks once a second while the page is seen; everything that shows a time left reads it. */
export const now = signal(Date.now())
/** The same in steps of 15 seconds, for long lists. */
export const nowish = computed(() => now.value - (now.value % 15_000))

export const prefs = computed<Prefs>(() => session.value?.prefs ?? {})
export const may = {
  review: computed(() => has('moderator', 'specialist', 'lead', 'admin')), // also search, banks, alarms
  addToBank: computed(() => has('specialist', 'lead', 'admin')),
  lead: computed(() => has('lead', 'admin')),
  admin: computed(() => has('admin')),
}

function has(...roles: string[]): boolean {
  return roles.includes(session.value?.user.role ?? '')
}

/** Takes what a fresh session says into the counters, so that the header is right before the first event. */
export function enter(s: Session): void {
  session.value = s
  ended.value = false
  counters.value = {
    alarms: s.alarms,
    alarm_severity: s.alarm_severity,
    alarm_text: s.alarm_text,
    waiting: s.waiting,
    approvals: s.approvals,
    watches: counters.value?.watches ?? 0,
    queues: counters.value?.queues ?? {},
    observe_only: s.observe_only,
    automatic_actions: s.automatic_actions,
  }
}

setInterval(() => {
  if (!document.hidden) now.value = Date.now()
}, 1000)

effect(() => {
  const root = document.documentElement
  const { theme = 'system', density = 'calm' } = prefs.value
  if (theme === 'system') delete root.dataset.theme
  else root.dataset.theme = theme
  root.dataset.density = density
})
