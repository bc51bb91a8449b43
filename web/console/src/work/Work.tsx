// The screen where the day is spent: the most urgent case, what is known, what can be done; then the next by itself.
import { useEffect, useRef } from 'preact/hooks'
import type { Case, Queues } from '../api.ts'
import { clause, count, plural, short } from '../app/format.ts'
import { get } from '../app/http.ts'
import { useCommands } from '../app/keys.ts'
import { href, Link, place, setQuery } from '../app/router.tsx'
import { counters, may, now, session } from '../app/state.ts'
import { Button, Empty, ErrorNote, Id, Key, Left, SeverityMark, stay, TestMark, Title } from '../ui/basic.tsx'
import { useLoad } from '../ui/load.ts'
import { Decide } from './Decide.tsx'
import { Known } from './Known.tsx'
import { LiveMark, useLive } from './Stream.tsx'
import { busy, current, empty, keep, lapsed, next, open, queue, trouble, undo, undoable } from './state.ts'
import { Subject } from './Subject.tsx'

export function Work() {
  const wanted = place.value.query.get('queue')
  useEffect(() => {
    queue.value = wanted
    if (may.review.value && !(current.value?.mine && !lapsed.value)) void next()
  }, [wanted])
  const c = current.value
  if (!may.review.value) return <Reader />
  if (c) return <CaseView of={c} />
  if (empty.value) return <NoCase wanted={wanted} />
  return (
    <main class="screen">
      <Title>Work</Title>
      {trouble.value ? <ErrorNote error={trouble.value} retry={() => void next()} /> : <p class="quiet">Fetching the most urgent case …</p>}
    </main>
  )
}

/** One case by its address: read it, or take it. */
export function CaseScreen({ id }: { id: string }) {
  useEffect(() => void open(id), [id])
  const c = current.value
  if (c && c.id === id) return <CaseView of={c} />
  return (
    <main class="screen">
      <Title>Case {short(id)}</Title>
      {trouble.value ? <ErrorNote error={trouble.value} retry={() => void open(id)} /> : null}
      {c && c.id !== id && !busy.value ? <p><Link to={href('work')}>Go on with the next case</Link></p> : null}
    </main>
  )
}

function CaseView({ of: c }: { of: Case }) {
  useLive(c)
  const columns = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const work = columns.current
    if (!work) return
    // On narrow screens the columns stand below each other, and what scrolls is around them.
    for (const part of [...work.children, work, work.parentElement]) if (part) part.scrollTop = 0
  }, [c.id])
  return (
    <main class="work" ref={columns} onMouseDown={stay}>
      <div class="work-left">
        <Head of={c} />
        <Subject key={c.id} of={c} />
      </div>
      <Known key={c.id} of={c} />
      <Decide of={c} />
    </main>
  )
}

function Head({ of: c }: { of: Case }) {
  const ref = useRef<HTMLHeadingElement>(null)
  useEffect(() => ref.current?.focus({ preventScroll: true }), [c.id])
  return (
    <header class="case-head">
      <div class="case-first">
        <span><SeverityMark of={c.severity} /> <LiveMark state={c.stream?.state} since={c.stream?.started_at} /></span>
        <Left clock={c.clock_at} />
      </div>
      <h1 tabIndex={-1} ref={ref}>{c.causes[0] ? `because ${clause(c.causes[0].text)}` : 'no reason was recorded'}</h1>
      <p class="case-line">
        <span>Case <Id id={c.id} /></span>
        <Link to={href('queues', c.queue)}>{c.queue_title}</Link>
        <span>{c.waiting ? `${count(c.waiting)} waiting` : 'the last one'}</span>
        <span>{c.platform}</span>
        <TestMark live={c.live} />
        <Held of={c} />
      </p>
    </header>
  )
}

/** How long the case is held for this person; quiet until it matters. */
function Held({ of: c }: { of: Case }) {
  if (!c.mine || !c.claim_until) return null
  const s = Math.max(0, Math.round((Date.parse(c.claim_until) - now.value) / 1000))
  if (lapsed.value) return <span class="held soon">your hold ran out</span>
  if (s > 60) return <span class="held">held for you, {Math.round(s / 60)} min</span>
  return <span class="held soon">held for you, {s} s <Button kind="quiet" onClick={() => void keep()}>Keep it</Button></span>
}

function Reader() {
  return (
    <main class="screen">
      <Title>Work</Title>
      <Empty title="Your role reads, it does not review.">
        <p>Queues and their cases are open to you: <Link to={href('queues')}>Queues</Link>. A lead or an administrator can give you another role.</p>
      </Empty>
    </main>
  )
}

function NoCase({ wanted }: { wanted: string | null }) {
  const { data } = useLoad('queues', () => get<Queues>(['queues']))
  const waiting = counters.value?.waiting ?? 0
  useCommands({ 'work.decide': () => void next() })
  const skills = session.value?.user.skills ?? []
  const foreign = (data?.queues ?? []).filter((q) => !q.mine && (q.open ?? 0) > 0)
  return (
    <main class="screen">
      <Title>Work</Title>
      <Empty title={wanted ? `The queue ${wanted} has no case for you.` : 'No case is waiting for you.'}>
        <p>A case opens when a rule sends an item to review, when somebody flags one, or when a file cannot be scanned.</p>
        {wanted ? <p><Button onClick={() => setQuery({ queue: null })}>Work on all queues</Button></p> : null}
        {foreign.length ? <p>In queues that you see but do not work in (your skills: {skills.join(', ') || 'none'}): {foreign.map((q) => `${q.title} ${count(q.open ?? 0)}`).join(', ')}.</p> : null}
        {waiting > 0 ? <p><strong>{plural(waiting, 'case')} came in since.</strong></p> : null}
        <p><button type="button" class={`button ${waiting > 0 ? 'main' : ''}`} disabled={busy.value} onClick={() => void next()}>Look again <Key label="Enter" /></button></p>
        <ErrorNote error={trouble.value} />
      </Empty>
    </main>
  )
}

/** Stays at the foot of every screen while the last decision can be taken back. */
export function UndoBar() {
  const u = undoable.value
  const s = u ? Math.min(session.value?.undo_seconds ?? 60, Math.ceil((u.until - now.value) / 1000)) : 0
  const on = u !== null && s > 0
  useCommands({ 'work.undo': on ? () => void undo() : null })
  if (!u || !on) return null
  return (
    <div class="undo" role="status">
      <span>Decided: {u.text}. <span aria-hidden="true">Sent in {s} s.</span></span>
      <button type="button" class="button" aria-keyshortcuts="U" onClick={() => void undo()}>Undo <Key label="U" /></button>
    </div>
  )
}
