// What leaves for the platforms: each message with its tries, and sending a dead one again.
import { useSignal } from '@preact/signals'
import type { Deliveries as Answer, Delivery, DeliveryState as State } from '../api.ts'
import { count, plural } from '../app/format.ts'
import { call, get } from '../app/http.ts'
import { place, setQuery } from '../app/router.tsx'
import { may } from '../app/state.ts'
import { Ago, Button, Empty, ErrorNote, Facts, Id, Tag, TestMark, Title, When } from '../ui/basic.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { useLoad } from '../ui/load.ts'
import { say } from '../ui/status.tsx'
import { type Column, Table } from '../ui/table.tsx'

const STATES: Record<State, { word: string; tone: 'good' | 'bad' | 'warn' | 'quiet' }> = {
  waiting: { word: 'waiting', tone: 'quiet' },
  leased: { word: 'being sent', tone: 'quiet' },
  delivered: { word: 'delivered', tone: 'good' },
  dead: { word: 'given up', tone: 'bad' },
  cancelled: { word: 'cancelled', tone: 'quiet' },
  held: { word: 'held: observe only', tone: 'warn' },
}
export const deliveryWord = (name: string): string => STATES[name as State]?.word ?? name
export function DeliveryState({ of }: { of: State }) {
  return <Tag tone={STATES[of].tone}>{STATES[of].word}</Tag>
}

const COLUMNS: Column<Delivery>[] = [
  { name: 'kind', title: 'Message', wide: true, by: (d) => d.kind, cell: (d) => <>{d.kind} <TestMark live={d.live} /></> },
  { name: 'subject', title: 'About', small: 'hide', by: (d) => d.subject_key, cell: (d) => d.subject_key },
  { name: 'platform', title: 'Platform', small: 'hide', by: (d) => d.platform, cell: (d) => d.platform },
  { name: 'state', title: 'State', by: (d) => d.state, cell: (d) => <DeliveryState of={d.state} /> },
  { name: 'attempts', title: 'Tries', number: true, by: (d) => d.attempts, cell: (d) => count(d.attempts) },
  { name: 'status', title: 'Answer', small: 'hide', cell: (d) => (d.status ? `HTTP ${d.status}` : d.error ?? '') },
  { name: 'created', title: 'Created', by: (d) => d.created_at, cell: (d) => <Ago time={d.created_at} /> },
]

export function Deliveries() {
  const state = (place.value.query.get('state') ?? '') as State | ''
  const cursor = place.value.query.get('from')
  const { data, error, reload } = useLoad(`${state} ${cursor}`, () => get<Answer>(['deliveries'], { state, cursor }))
  const open = useSignal<Delivery | null>(null)
  return (
    <main class="screen">
      <Title aside={<Button onClick={reload}>Reload</Button>}>Deliveries</Title>
      <div class="filters" role="group" aria-label="Which deliveries">
        <Button kind="quiet" pressed={state === ''} onClick={() => setQuery({ state: null, from: null })}>all</Button>
        {(Object.keys(STATES) as State[]).map((s) => (
          <Button key={s} kind="quiet" pressed={state === s} onClick={() => setQuery({ state: s, from: null })}>{STATES[s].word} <span class="quiet">{count(data?.counts[s] ?? 0)}</span></Button>
        ))}
      </div>
      <ErrorNote error={error} retry={reload} />
      {data && !data.deliveries.length ? <Empty title={state ? `No delivery is ${STATES[state].word}.` : 'Nothing has left yet.'}><p>A message to the platform is written with every decision that asks for an action, and sent when its undo time is over.</p></Empty> : null}
      {data?.deliveries.length ? <Table label="Deliveries" rows={data.deliveries} columns={COLUMNS} id={(d) => d.id} pick={(d) => { open.value = d }} /> : null}
      <p>{cursor ? <Button onClick={() => setQuery({ from: null })}>Back to the newest</Button> : null} {data?.next ? <Button onClick={() => setQuery({ from: data.next })}>Older</Button> : null}</p>
      {open.value ? <Detail of={open.value} close={() => { open.value = null }} changed={(d) => { open.value = d; reload() }} /> : null}
    </main>
  )
}

function Detail({ of: d, close, changed }: { of: Delivery; close: () => void; changed: (d: Delivery) => void }) {
  const problem = useSignal<unknown>(null)
  const replay = () => void call<Delivery>('POST', ['deliveries', d.id, 'replay'], {}).then((again) => {
    say('It will be sent again now.')
    changed(again)
  }, (e: unknown) => { problem.value = e })
  return (
    <Dialog title={d.kind} wide close={close}>
      <Facts rows={[
        ['Id', <Id id={d.id} full />], ['About', d.subject_key || 'something that your clearance does not cover'], ['State', <DeliveryState of={d.state} />],
        ['Created', <When time={d.created_at} />], ['Tries', plural(d.attempts, 'try', 'tries')],
        ...(d.state === 'waiting' ? [['Next try', <Ago time={d.next_at ?? d.not_before} />] as [string, preact.JSX.Element]] : []),
        ...(d.delivered_at ? [['Delivered', <When time={d.delivered_at} />] as [string, preact.JSX.Element]] : []),
        ...(d.status ? [['Last answer', `HTTP ${d.status}`] as [string, string]] : []),
        ...(d.error ? [['Last failure', d.error] as [string, string]] : []),
      ]} />
      <h3>As sent</h3>
      <pre tabIndex={0} aria-label="Message as sent">{JSON.stringify(d.body, null, 2)}</pre>
      <ErrorNote error={problem.value} />
      {may.lead.value && d.state !== 'waiting' && d.state !== 'leased' ? <p><Button kind="main" onClick={replay}>Send again</Button> <span class="quiet">The same id goes out, so the platform can see that it is the same message.</span></p> : null}
    </Dialog>
  )
}
