// The case on the table and what has been chosen for it. It lives outside the screen, so that looking something up
// elsewhere, a lost connection or an ended session loses nothing. All calls that change a case are here.
import { effect, signal } from '@preact/signals'
import type { Case, Copies, Decided, Heartbeat, Move, Note, Skip, WorkNextAnswer } from '../api.ts'
import { plural } from '../app/format.ts'
import { call, explain, Failure, get } from '../app/http.ts'
import { go, href, place } from '../app/router.tsx'
import { counters, ended, now, session } from '../app/state.ts'
import { say } from '../ui/status.tsx'
import { type Choice, missing, NOTHING, toDecide, told } from './choice.ts'

export const current = signal<Case | null>(null)
export const choice = signal<Choice>(NOTHING)
export const empty = signal(false) // asked, and there was no case
export const busy = signal(false)
export const trouble = signal<unknown>(null)
export const queue = signal<string | null>(null)
export const lapsed = signal(false) // the claim ran out while the case was on the table
export const decidedToday = signal<number | null>(null)

/** What looks like the case on the table, and the choice to decide for them as well: it holds for one policy. */
export const copies = signal<Copies | null>(null)
interface Covering {
  case: string
  distance: number
  expect: number
  policy: string | null
}
export const covering = signal<Covering | null>(null)
effect(() => {
  const c = covering.value
  if (c && (c.case !== current.value?.id || c.policy !== choice.value.policy)) covering.value = null
})

interface Undoable {
  decision: string
  text: string
  until: number
}
export const undoable = signal<Undoable | null>(null)

let clean: Choice = NOTHING // what the server has
let saving = 0
let lastActive = Date.now()

function show(c: Case): void {
  current.value = c
  empty.value = false
  lapsed.value = false
  trouble.value = null
  clean = c.draft ?? NOTHING
  choice.value = clean
  lastActive = Date.now()
}

/** Runs one call at a time; what fails is shown beside the decision and the case stays where it is. */
async function once(work: () => Promise<void>): Promise<void> {
  if (busy.value) return
  busy.value = true
  trouble.value = null
  try {
    await work()
  } catch (error) {
    trouble.value = error
    if (error instanceof Failure && error.field?.startsWith('/copies')) covering.value = null
    else if (error instanceof Failure && error.status === 409 && current.value?.mine) lapsed.value = true
  } finally {
    busy.value = false
  }
}

/** The next case, or one taken back, is shown by Work and not under the address of another case. */
function toWork(onlyFromCase: boolean): void {
  const { path } = place.peek()
  if (path !== 'work' && (!onlyFromCase || path.startsWith('cases/'))) go(href('work'))
}

async function fetchNext(): Promise<void> {
  const answer = await call<WorkNextAnswer>('POST', ['work', 'next'], { queue: queue.value })
  const known = counters.value
  if (known) counters.value = { ...known, waiting: answer.waiting }
  toWork(true)
  if (answer.case) return show(answer.case)
  current.value = null
  choice.value = clean = NOTHING
  empty.value = true
}

export const next = () => once(fetchNext)

/** Opens a case by its id without claiming it. */
export const open = (id: string) => once(async () => {
  if (current.value?.id === id && current.value.mine) return
  await saveDraft()
  current.value = null
  show(await get<Case>(['cases', id]))
})

export const claim = (id: string) => once(async () => {
  const kept = current.value?.id === id ? choice.value : null
  show(await call<Case>('POST', ['cases', id, 'claim'], {}))
  if (kept && kept !== NOTHING) choice.value = kept
})

export const decide = () => once(async () => {
  const c = current.value
  if (!c?.mine || lapsed.value) return
  const lack = missing(choice.value)
  if (lack) return say(lack)
  const cover = covering.value
  const text = told(c, choice.value) + (cover ? `, and ${plural(cover.expect, 'copy', 'copies')}` : '')
  clearTimeout(saving)
  const body = toDecide(c, choice.value)
  if (cover) body.copies = { distance: cover.distance, expect: cover.expect }
  const done = await call<Decided>('POST', ['cases', c.id, 'decide'], body)
  undoable.value = { decision: done.decision, text, until: Date.parse(done.effective_at) }
  decidedToday.value = done.decided_today
  clean = choice.value
  await fetchNext()
})

/** Undo must not be lost because the next case is still on its way: it waits for that. */
export async function undo(): Promise<void> {
  while (busy.value) await new Promise((resolve) => setTimeout(resolve, 40))
  await once(async () => {
    const u = undoable.value
    if (!u || u.until < Date.now()) return
    await saveDraft()
    show(await call<Case>('POST', ['decisions', u.decision, 'undo'], {}))
    undoable.value = null
    toWork(false)
    say('Undone. The case is yours again; nothing was sent.')
  })
  if (trouble.value) say(explain(trouble.value).what)
}

export const skip = (reason: string) => once(async () => {
  const c = current.value
  if (!c) return
  await call<void>('POST', ['cases', c.id, 'skip'], { reason } satisfies Skip)
  say('Skipped. The case is open for others.')
  await fetchNext()
})

export const move = (to: string, title: string, reason: string) => once(async () => {
  const c = current.value
  if (!c) return
  await call<void>('POST', ['cases', c.id, 'move'], { queue: to, reason } satisfies Move)
  say(`Moved to ${title}.`)
  await fetchNext()
})

export const addNote = (body: string) => once(async () => {
  const c = current.value
  if (!c) return
  const note = await call<Note>('POST', ['cases', c.id, 'note'], { body })
  if (current.value?.id === c.id) current.value = { ...current.value, notes: [...current.value.notes, note] }
})

/** Gives the case back, as on signing out. */
export async function release(): Promise<void> {
  const c = current.value
  current.value = null
  choice.value = clean = NOTHING
  if (c?.mine) await call<void>('POST', ['cases', c.id, 'release'], {}, true).catch(() => undefined)
}

/** Forgets everything, as when somebody else signs in. */
export function forget(): void {
  current.value = null
  choice.value = clean = NOTHING
  undoable.value = null
  empty.value = false
  trouble.value = null
  decidedToday.value = null
}

async function saveDraft(last = false): Promise<void> {
  const c = current.value
  clearTimeout(saving)
  if (!c?.mine || choice.value === clean) return
  const draft = choice.value
  await call<void>('POST', ['cases', c.id, 'draft'], draft, last)
  clean = draft
}

// Drafts are saved a moment after the last change, and at once when the page is left.
effect(() => {
  const mine = choice.value
  clearTimeout(saving)
  if (mine !== clean) saving = window.setTimeout(() => void saveDraft().catch(() => undefined), 1200)
})
document.addEventListener('visibilitychange', () => {
  if (document.hidden) void saveDraft(true).catch(() => undefined)
})
addEventListener('pagehide', () => void saveDraft(true).catch(() => undefined))

// Signing in again settles what failed for want of a session.
ended.subscribe((is) => {
  if (!is && trouble.peek() instanceof Failure && (trouble.peek() as Failure).status === 401) trouble.value = null
})

// A claim lives as long as somebody is there: it is renewed while the page is seen and was used since the last renewal.
for (const kind of ['pointermove', 'keydown', 'wheel', 'touchstart']) {
  addEventListener(kind, () => { lastActive = Date.now() }, { passive: true })
}
let beating = false
effect(() => {
  const at = now.value
  const c = current.value
  if (!c?.mine || !c.claim_until || lapsed.value || beating) return
  const lasts = (session.value?.claim_seconds ?? 300) * 1000
  const remains = Date.parse(c.claim_until) - at
  if (remains <= 0) {
    lapsed.value = true
    return
  }
  if (remains > lasts * 0.6 || at - lastActive > lasts * 0.5 || document.hidden) return
  void keep()
})

/** Renews the claim now. */
export async function keep(): Promise<void> {
  const c = current.value
  if (!c?.mine || beating) return
  beating = true
  try {
    const beat = await call<Heartbeat>('POST', ['cases', c.id, 'heartbeat'], {})
    if (current.value?.id === c.id) current.value = { ...current.value, claim_until: beat.claim_until }
  } catch (error) {
    if (error instanceof Failure && error.status === 409 && current.value?.id === c.id) lapsed.value = true
  } finally {
    beating = false
  }
}
