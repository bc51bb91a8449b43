// Who did and read what, how far the proof of it reaches, and rows to take along with their proof.
import { useSignal } from '@preact/signals'
import { useRef } from 'preact/hooks'
import type { Audit as Answer, AuditRow } from '../api.ts'
import { count, plural } from '../app/format.ts'
import { download, get } from '../app/http.ts'
import { useCommands } from '../app/keys.ts'
import { href, Link, place, setQuery } from '../app/router.tsx'
import { may } from '../app/state.ts'
import { Ago, Button, Empty, ErrorNote, Facts, Field, Id, Tag, Title, When } from '../ui/basic.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { useLoad } from '../ui/load.ts'
import { say } from '../ui/status.tsx'
import { type Column, Table } from '../ui/table.tsx'

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** Where what a row is about can be seen; null when it has no screen. */
function target(r: AuditRow): string | null {
  const s = r.subject ?? ''
  const [platform, ...rest] = s.split('/')
  if (r.verb === 'item.view' || r.verb === 'account.view')
    return platform && rest.length ? href(r.verb === 'item.view' ? 'items' : 'accounts', platform, rest.join('/')) : null
  if (!ID.test(s)) return null
  const kind = r.verb.split('.')[0]
  if (kind === 'case') return href('cases', s)
  if (kind === 'bank') return href('banks', s)
  if (kind === 'user' || kind === 'factor' || r.verb === 'session.end') return href('people', s)
  return null
}

function Subject({ of: r }: { of: AuditRow }) {
  const to = target(r)
  if (!r.subject) return <span class="quiet">none</span>
  const text = ID.test(r.subject) ? `…${r.subject.slice(-8)}` : r.subject
  return to ? <Link to={to}>{text}</Link> : <>{text}</>
}

const COLUMNS: Column<AuditRow>[] = [
  { name: 'at', title: 'When', cell: (r) => <When time={r.at} /> },
  { name: 'who', title: 'Who', cell: (r) => r.who },
  { name: 'verb', title: 'What', cell: (r) => r.verb },
  { name: 'subject', title: 'About', wide: true, cell: (r) => <Subject of={r} /> },
  { name: 'detail', title: 'Detail', small: 'hide', cell: (r) => r.detail ?? '' },
  { name: 'seq', title: 'Number', number: true, small: 'hide', cell: (r) => (r.seq ? count(r.seq) : <span class="quiet">soon</span>) },
]

const FILTERS = ['actor', 'verb', 'subject', 'from', 'to'] as const
type Filter = (typeof FILTERS)[number]

/** A day of the date field as the moment at which it begins here. */
const moment = (day: string): string | null => (day ? new Date(`${day}T00:00:00`).toISOString() : null)
/** The same with the day itself: the moment at which the next one begins. */
function endOf(day: string): string | null {
  if (!day) return null
  const next = new Date(`${day}T00:00:00`)
  next.setDate(next.getDate() + 1)
  return next.toISOString()
}

export function AuditScreen() {
  if (!may.lead.value) return <main class="screen"><Title>Audit</Title><Empty title="The audit trail is read by leads and administrators."><p>What you do yourself is recorded there, too.</p></Empty></main>
  return <Trail />
}

function Trail() {
  const query = place.value.query
  const now = Object.fromEntries(FILTERS.map((f) => [f, query.get(f) ?? ''])) as Record<Filter, string>
  const cursor = query.get('page')
  const { data, error, reload } = useLoad(`${query}`, () =>
    get<Answer>(['audit'], { ...now, from: moment(now.from), to: endOf(now.to), cursor }))
  const problem = useSignal<unknown>(null)
  const busy = useSignal(false)
  const open = useSignal<AuditRow | null>(null)
  const first = useRef<HTMLInputElement>(null)
  useCommands({ 'list.filter': () => first.current?.focus() })
  const narrowed = FILTERS.some((f) => now[f])
  const take = () => {
    busy.value = true
    problem.value = null
    const from = moment(now.from)
    const to = endOf(now.to)
    download(['audit', 'export'], { ...(from && { from }), ...(to && { to }) }, 'audit.jsonl').then(
      () => { busy.value = false; say('The file holds the rows of this time, whoever did them, with their proof.') },
      (e: unknown) => { busy.value = false; problem.value = e },
    )
  }
  return (
    <main class="screen">
      <Title aside={<><Button onClick={take} disabled={busy.value}>Export with proof</Button> <Button onClick={reload}>Reload</Button></>}>Audit</Title>
      {data ? <Proof of={data.proof} /> : null}
      <Narrow now={now} first={first} verbs={data?.verbs ?? []} />
      <ErrorNote error={problem.value} />
      <ErrorNote error={error} retry={reload} />
      {data && !data.rows.length ? (
        <Empty title={narrowed || cursor ? 'Nothing of that kind was done.' : 'Nothing was done yet.'}>
          <p>Each time somebody is shown what people wrote, and each change, leaves a line here. Dates are days of this computer’s clock.</p>
        </Empty>
      ) : null}
      {data?.rows.length ? <Table label="Audit trail" rows={data.rows} columns={COLUMNS} id={(r) => r.id} pick={(r) => { open.value = r }} /> : null}
      <p>{cursor ? <Button onClick={() => setQuery({ page: null })}>Back to the newest</Button> : null} {data?.next ? <Button onClick={() => setQuery({ page: data.next })}>Older</Button> : null}</p>
      {open.value ? <Detail of={open.value} help={data?.verbs.find((v) => v.verb === open.value?.verb)?.help ?? ''} close={() => { open.value = null }} /> : null}
    </main>
  )
}

function Detail({ of: r, help, close }: { of: AuditRow; help: string; close: () => void }) {
  const to = target(r)
  const only = (f: Filter, value: string) => { close(); setQuery({ [f]: value, page: null }) }
  return (
    <Dialog title={r.verb} close={close}>
      {help ? <p>{help}</p> : null}
      <Facts rows={[
        ['When', <When time={r.at} />],
        ['Who', <>{r.who} <Button kind="quiet" onClick={() => only('actor', r.who)}>only this person</Button></>],
        ...(r.subject ? [['About', <>{ID.test(r.subject) ? <Id id={r.subject} full /> : r.subject} <Button kind="quiet" onClick={() => only('subject', r.subject ?? '')}>only this</Button></>] as [string, preact.JSX.Element]] : []),
        ...(r.detail ? [['Detail', r.detail] as [string, string]] : []),
        ['Number', r.seq ? count(r.seq) : 'not sealed yet'],
        ['Row', <Id id={r.id} full />],
      ]} />
      {to ? <p><Link to={to}>Open what it is about</Link></p> : null}
    </Dialog>
  )
}

function Proof({ of: p }: { of: Answer['proof'] }) {
  return (
    <p class="audit-proof">
      {p.broken
        ? <><Tag tone="bad">chain broken</Tag> The clerk found rows that do not fit. See <Link to={href('alarms')}>Alarms</Link>, and run <code>tutela audit verify</code>. </>
        : <><Tag tone="good">chain whole</Tag> as far as the clerk has read. </>}
      <span class="quiet">
        {plural(p.sealed, 'row')} sealed{p.waiting ? `, ${count(p.waiting)} waiting` : ''}.{' '}
        {p.signed ? <>Signed up to number {count(p.signed)}, <Ago time={p.signed_at} />.</> : 'Nothing is signed yet.'}
      </span>
    </p>
  )
}

function Narrow({ now, first, verbs }: { now: Record<Filter, string>; first: preact.RefObject<HTMLInputElement | null>; verbs: Answer['verbs'] }) {
  const set = (f: Filter) => (e: { currentTarget: { value: string } }) => setQuery({ [f]: e.currentTarget.value.trim() || null, page: null })
  return (
    <form class="audit-filters" role="search" aria-label="Which rows" onSubmit={(e) => e.preventDefault()}>
      <Field label="Person"><input ref={first} key={`a${now.actor}`} defaultValue={now.actor} onChange={set('actor')} placeholder="name, cli or system" spellcheck={false} /></Field>
      <Field label="What">
        <select value={now.verb} onChange={set('verb')}>
          <option value="">anything</option>
          {verbs.map((v) => <option key={v.verb} value={v.verb} title={v.help}>{v.verb}</option>)}
        </select>
      </Field>
      <Field label="About"><input key={`s${now.subject}`} defaultValue={now.subject} onChange={set('subject')} placeholder="an id, whole" spellcheck={false} /></Field>
      <Field label="From"><input type="date" value={now.from} onChange={set('from')} /></Field>
      <Field label="To, with that day"><input type="date" value={now.to} onChange={set('to')} /></Field>
    </form>
  )
}
