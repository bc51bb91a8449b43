// What waits for a second person: who proposed what and why, and confirming or refusing it. Proposing happens where the
// operation is: see ui/propose.tsx.
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { Approvals as Answer, Confirmed, Proposal } from '../api.ts'
import { words } from '../app/format.ts'
import { call, get } from '../app/http.ts'
import { counters } from '../app/state.ts'
import { Ago, Button, Empty, ErrorNote, Field, Tag, Title } from '../ui/basic.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { useLoad } from '../ui/load.ts'
import { say } from '../ui/status.tsx'

export function Approvals() {
  const { data, error, reload } = useLoad('approvals', () => get<Answer>(['approvals']))
  const problem = useSignal<unknown>(null)
  const confirming = useSignal<Proposal | null>(null)
  const refusing = useSignal<Proposal | null>(null)
  const secret = useSignal<string | null>(null)
  const waiting = counters.value?.approvals
  useEffect(() => { if (data) reload() }, [waiting])
  const attempt = (work: Promise<unknown>) => void work.then(() => { problem.value = null; reload() }, (e: unknown) => { problem.value = e; reload() })
  const confirm = (p: Proposal) => {
    confirming.value = null
    attempt(call<Confirmed>('POST', ['approvals', p.id, 'confirm'], {}).then((c) => { secret.value = c.result?.secret ?? c.result?.password ?? null; say('Confirmed and done.') }))
  }
  return (
    <main class="screen narrow">
      <Title>Approvals</Title>
      <ErrorNote error={error ?? problem.value} retry={reload} />
      {data && !data.open.length ? (
        <Empty title="Nothing waits for a second person.">
          {data.guarded.length ? <p>These operations need two people here: {data.guarded.join(', ')}.</p> : <p>No operation needs two people here. An operator can change that with <code>two_person</code> in the configuration.</p>}
        </Empty>
      ) : null}
      <ul class="cards">
        {data?.open.map((p) => (
          <li key={p.id} class="panel">
            <What p={p} listed />
            <p>
              {p.can_confirm ? <><Button kind="main" onClick={() => { confirming.value = p }}>Confirm …</Button> <Button onClick={() => { refusing.value = p }}>Refuse …</Button></> : null}
              {p.mine ? <Button onClick={() => attempt(call<Proposal>('POST', ['approvals', p.id, 'withdraw'], {}).then(() => say('The proposal is withdrawn.')))}>Withdraw it</Button> : null}
              {!p.mine && !p.can_confirm ? <span class="quiet">Somebody else must look at it: one of you two made the other’s account or password.</span> : null}
            </p>
          </li>
        ))}
      </ul>
      {data?.closed.length ? (
        <section>
          <h2>Ended</h2>
          <ul class="cards">
            {data.closed.map((p) => (
              <li key={p.id} class="panel">
                <What p={p} listed />
                <p><Tag tone={p.state === 'done' ? 'good' : 'quiet'}>{p.state}</Tag> <Ago time={p.closed_at} />{p.closed_by ? ` by ${p.closed_by}` : ''}{p.note ? `: ${p.note}` : ''}</p>
              </li>
            ))}
          </ul>
        </section>
      ) : null}
      {confirming.value ? (
        <Dialog title="Confirm that it is done?" close={() => { confirming.value = null }}>
          <What p={confirming.value} />
          <p>It is done at once, in the name of {confirming.value.proposer ?? 'who proposed it'} and with yours beside it.</p>
          <Button kind="main" onClick={() => confirm(confirming.value as Proposal)}>Confirm and do it</Button>
        </Dialog>
      ) : null}
      {refusing.value ? <Refuse p={refusing.value} close={() => { refusing.value = null }} done={attempt} /> : null}
      {secret.value ? (
        <Dialog title="It is done" close={() => { secret.value = null }}>
          <p>This is shown once. Hand it to whom it is for by a way that nobody else reads.</p>
          <p><code class="secret">{secret.value}</code></p>
          <Button kind="main" onClick={() => void navigator.clipboard.writeText(secret.value as string).then(() => say('Copied.'))}>Copy</Button>
        </Dialog>
      ) : null}
    </main>
  )
}

function Refuse({ p, close, done }: { p: Proposal; close: () => void; done: (work: Promise<unknown>) => void }) {
  const note = useSignal('')
  const send = () => {
    close()
    done(call<Proposal>('POST', ['approvals', p.id, 'refuse'], { note: note.value.trim() }).then(() => say('Refused.')))
  }
  return (
    <Dialog title="Refuse it?" close={close}>
      <What p={p} />
      <form onSubmit={(e) => { e.preventDefault(); send() }}>
        <Field label="Why"><input required autofocus maxLength={2000} value={note.value} onInput={(e) => { note.value = e.currentTarget.value }} /></Field>
        <Button type="submit" kind="danger" disabled={!note.value.trim()} onClick={() => undefined}>Refuse</Button>
      </form>
    </Dialog>
  )
}

/** In a list with a heading; in a dialog, which has its own, without. */
function What({ p, listed }: { p: Proposal; listed?: true }) {
  return (
    <>
      {listed ? <h2>{p.help}</h2> : <p><strong>{p.help}</strong></p>}
      <dl class="facts">
        <div><dt>On</dt><dd>{p.operation === 'switch.set' ? words(p.what.subject) : p.what.subject}</dd></div>
        {p.what.changes.filter((c) => c.was || c.will).map((c) => <div key={c.field}><dt>{c.field}</dt><dd>{c.was ? <>{c.was} → <strong>{c.will || 'none'}</strong></> : c.will}</dd></div>)}
      </dl>
      <p>“{p.reason}”</p>
      <p class="quiet">{p.mine ? 'you' : p.proposer ?? 'somebody'} <Ago time={p.created_at} />{p.state === 'open' ? <> · lapses <Ago time={p.expires_at} /></> : null}</p>
    </>
  )
}
