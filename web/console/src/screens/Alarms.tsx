// Alarms: each has an owner, says what happened, what is safe and what to do, and stays until somebody closes it.
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { Alarm, Alarms as Answer } from '../api.ts'
import { plural, sentence, words } from '../app/format.ts'
import { call, get } from '../app/http.ts'
import { place, setQuery } from '../app/router.tsx'
import { counters, may, session } from '../app/state.ts'
import { Ago, Button, Empty, ErrorNote, Tag, Title } from '../ui/basic.tsx'
import { useLoad } from '../ui/load.ts'

export function Alarms() {
  const state = place.value.query.get('state') ?? ''
  const { data, error, reload } = useLoad(state, () => get<Answer>(['alarms'], { state }))
  const problem = useSignal<unknown>(null)
  const alarms = counters.value?.alarms
  useEffect(() => { if (data) reload() }, [alarms])
  const step = (a: Alarm, verb: 'acknowledge' | 'close') => void call<Alarm>('POST', ['alarms', a.id, verb], {}).then(() => { problem.value = null; reload() }, (e: unknown) => { problem.value = e })
  const viewer = session.value?.user.role === 'viewer'
  return (
    <main class="screen narrow">
      <Title>Alarms</Title>
      <div class="filters" role="group" aria-label="Which alarms">
        <Button kind="quiet" pressed={state === ''} onClick={() => setQuery({ state: null })}>not closed</Button>
        <Button kind="quiet" pressed={state === 'closed'} onClick={() => setQuery({ state: 'closed' })}>closed</Button>
      </div>
      <ErrorNote error={error ?? problem.value} retry={reload} />
      {data && !data.alarms.length ? <Empty title={state ? 'No alarm has been closed yet.' : 'No alarm is open.'}><p>An alarm opens when something needs a person: a message that could not be delivered for days, a clock that ran out, a scan that could not finish, rules that were refused.</p></Empty> : null}
      <ul class="cards">
        {data?.alarms.map((a) => (
          <li key={a.id} class={`panel alarm ${a.state}`}>
            <h2>{sentence(words(a.kind))} <Tag tone={a.state === 'open' ? 'bad' : a.state === 'acknowledged' ? 'warn' : 'quiet'}>{a.state}</Tag></h2>
            <p>{a.text}</p>
            <p class="quiet">{a.ref} · opened <Ago time={a.opened_at} />{a.count > 1 ? ` · ${plural(a.count, 'time')}` : ''}{a.owner ? ` · ${a.owner} looks after it` : ''}</p>
            {viewer || a.state === 'closed' ? null : (
              <p>
                {a.state === 'open' ? <Button kind="main" onClick={() => step(a, 'acknowledge')}>I look after it</Button> : null}{' '}
                {may.lead.value ? <Button onClick={() => step(a, 'close')}>Close</Button> : null}
              </p>
            )}
          </li>
        ))}
      </ul>
    </main>
  )
}
