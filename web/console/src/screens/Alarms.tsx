// Alarms: each has an owner, says what happened, what is safe and what to do, whom it told, and stays until its cause is
// over or somebody closes it. The gravest come first; ?id= shows one of them wherever it stands.
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { Alarm, AlarmEvent, AlarmSeverity, Alarms as Answer, Severity } from '../api.ts'
import { plural, sentence, words } from '../app/format.ts'
import { call, get } from '../app/http.ts'
import { Link, place, setQuery } from '../app/router.tsx'
import { counters, may, session } from '../app/state.ts'
import { Ago, Button, Empty, ErrorNote, Facts, SeverityMark, Tag, Title, When } from '../ui/basic.tsx'
import { useLoad } from '../ui/load.ts'

const GRAVITY: AlarmSeverity[] = ['critical', 'warning', 'notice']
const MARKS: Record<AlarmSeverity, Severity> = { critical: 'critical', warning: 'high', notice: 'low' }
const WHO: Record<string, string> = { oncall: 'on call', leads: 'the leads', admins: 'the administrators' }
const STATES: Record<Alarm['state'], { word: string; tone: 'bad' | 'warn' | 'quiet' }> = {
  open: { word: 'open', tone: 'bad' },
  acknowledged: { word: 'taken on', tone: 'warn' },
  closed: { word: 'closed', tone: 'quiet' },
}

/** What one line of the history says. `who` of a message is "mail:oncall". */
function told(e: AlarmEvent): string {
  const [channel = '', reader = ''] = (e.who ?? '').split(':')
  const by = e.who === 'cli' ? 'from the command line' : `by ${e.who}`
  switch (e.what) {
    case 'opened': return 'opened'
    case 'again': return 'came back'
    case 'over': return 'ended by itself'
    case 'acknowledged': return `taken on ${by}`
    case 'closed': return `closed ${by}`
    case 'told': return `${channel} reached ${WHO[reader] ?? reader}`
    case 'failed': return `${channel} did not reach ${WHO[reader] ?? reader}; it is tried again`
    default: return words(e.what)
  }
}

/** Words between backticks are commands. */
function Coded({ text }: { text: string }) {
  return <>{text.split('`').map((part, i) => (i % 2 ? <code key={i}>{part}</code> : part))}</>
}

function Reached({ of }: { of: Alarm }) {
  const last = of.history.find((e) => e.what === 'told')
  const failed = of.history.find((e) => e.what === 'failed')
  if (last) return <>{told(last)} <Ago time={last.at} /></>
  return <>{failed ? <>{told(failed)} <Ago time={failed.at} /></> : 'nobody outside this console'}</>
}

function Card({ of: a, here, step }: { of: Alarm; here: boolean; step: (a: Alarm, verb: 'acknowledge' | 'close') => void }) {
  const viewer = session.value?.user.role === 'viewer'
  return (
    <li id={a.id} class={`panel alarm ${a.state} ${a.severity}`} tabIndex={here ? -1 : undefined}>
      <h2>
        <span class={`severity ${MARKS[a.severity]}`}><SeverityMark of={MARKS[a.severity]} bare /> {a.severity}</span>
        {a.title}
        <Tag tone={STATES[a.state].tone}>{STATES[a.state].word}</Tag>
      </h2>
      <p class="alarm-text">{a.text}</p>
      <p>{a.safe}</p>
      {a.state === 'closed' ? null : <p><strong>What to do:</strong> <Coded text={a.remedy} /></p>}
      <Facts rows={[
        ['Since', <><Ago time={a.opened_at} />{a.count > 1 ? `, ${plural(a.count, 'time')}` : ''}</>],
        ['Looks after it', a.owner ?? (a.state === 'open' ? 'nobody yet' : 'nobody')],
        ['Told last', <Reached of={a} />],
        ['Ends', a.state === 'closed' ? <Ago time={a.changed_at} /> : a.ends_itself ? 'by itself' : 'when it is closed'],
      ]} />
      <details class="alarm-history">
        <summary>History and reference</summary>
        <p class="quiet">{words(a.kind)} · {a.ref}</p>
        <ol>{a.history.map((e, i) => <li key={i}><When time={e.at} /> {told(e)}</li>)}</ol>
      </details>
      <p class="alarm-acts">
        {a.about ? <Link to={`/console/${a.about}`}>Show what it is about</Link> : null}
        {viewer || a.state !== 'open' ? null : <Button kind="main" onClick={() => step(a, 'acknowledge')}>I look after it</Button>}
        {may.lead.value && a.state !== 'closed' ? <Button onClick={() => step(a, 'close')}>Close</Button> : null}
      </p>
    </li>
  )
}

export function Alarms() {
  const state = place.value.query.get('state') ?? ''
  const wanted = place.value.query.get('id')
  const { data, error, reload } = useLoad(state, () => get<Answer>(['alarms'], { state }))
  const problem = useSignal<unknown>(null)
  const alarms = counters.value?.alarms
  useEffect(() => { if (data) reload() }, [alarms])
  const missing = Boolean(wanted && data && !data.alarms.some((a) => a.id === wanted))
  useEffect(() => {
    if (!wanted || !data) return
    if (missing && state === '') setQuery({ state: 'closed' }) // a link of a message whose alarm is over
    else document.getElementById(wanted)?.focus()
  }, [wanted, data, missing])
  const step = (a: Alarm, verb: 'acknowledge' | 'close') => void call<Alarm>('POST', ['alarms', a.id, verb], {}).then(() => { problem.value = null; reload() }, (e: unknown) => { problem.value = e })
  const list = [...(data?.alarms ?? [])]
  if (state === '') list.sort((a, b) => GRAVITY.indexOf(a.severity) - GRAVITY.indexOf(b.severity))
  return (
    <main class="screen narrow">
      <Title>Alarms</Title>
      <div class="filters" role="group" aria-label="Which alarms">
        <Button kind="quiet" pressed={state === ''} onClick={() => setQuery({ state: null, id: null })}>not closed</Button>
        <Button kind="quiet" pressed={state === 'closed'} onClick={() => setQuery({ state: 'closed', id: null })}>closed</Button>
      </div>
      <ErrorNote error={error ?? problem.value} retry={reload} />
      {missing && state ? <p role="status">{sentence('the alarm of this link is not among them any more.')}</p> : null}
      {data && !data.alarms.length ? <Empty title={state ? 'No alarm has been closed yet.' : 'No alarm is open.'}><p>An alarm opens when something needs a person: a message that could not be delivered for days, a clock that ran out, a role that stands still, a disk that fills up.</p></Empty> : null}
      <ul class="cards">{list.map((a) => <Card key={a.id} of={a} here={a.id === wanted} step={step} />)}</ul>
    </main>
  )
}
