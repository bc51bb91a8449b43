// An item and everything that came of it, in order: what was said of it, what was decided, what was done, what was told.
import { useSignal } from '@preact/signals'
import type { Action, Decision, Reverse as ReverseAsk, Reversed, Trail } from '../api.ts'
import { plural, sentence, words } from '../app/format.ts'
import { call, get } from '../app/http.ts'
import { href, Link } from '../app/router.tsx'
import { may } from '../app/state.ts'
import { Ago, Button, Empty, ErrorNote, Field, Id, Tag, Title, When } from '../ui/basic.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { useLoad } from '../ui/load.ts'
import { say } from '../ui/status.tsx'
import { Table } from '../ui/table.tsx'
import { AccountPanel, Flags, Rules, Signals } from '../work/Known.tsx'
import { ItemBody, ItemLine } from '../work/Subject.tsx'
import { StreamView } from '../work/Stream.tsx'
import { AddToBank } from './AddToBank.tsx'
import { FEW_CASE_COLUMNS } from './caseColumns.tsx'
import { DeliveryState } from './Deliveries.tsx'
import { VerdictMark } from './itemColumns.tsx'

export function TrailScreen({ platform, id }: { platform: string; id: string }) {
  const { data: t, error, reload } = useLoad(`${platform} ${id}`, () => get<Trail>(['items', platform, id]))
  return (
    <main class="screen">
      <Title aside={<Button onClick={reload}>Reload</Button>}>Item {id}</Title>
      <ErrorNote error={error} retry={reload} />
      {t ? (
        <div class="trail">
          <div>
            <section class="panel subject" aria-label="What was said or shown">
              <ItemLine item={t.item} />
              {t.stream ? <StreamView of={t.stream} caseId={t.cases[0]?.id ?? null} here={t.item.id} /> : null}
              <ItemBody item={t.item} signals={t.signals} caseId={t.cases[0]?.id ?? null} />
              <AddToBankButton trail={t} decision={null} />
            </section>
            <AccountPanel account={t.account} here={t.item.id} />
          </div>
          <div>
            <section class="panel">
              <h2>Verdict <VerdictMark of={t.item.verdict} /></h2>
              <p class="quiet">received <When time={t.item.received_at} />{t.verdict_at ? <> · judged <Ago time={t.verdict_at} /></> : null}{t.ruleset ? ` · rules ${t.ruleset}` : ''}</p>
              {t.rules.map((r) => <p key={r.rule}>{sentence(r.text)}</p>)}
              <Rules rules={t.rules} />
              <Signals signals={t.signals} />
              <Flags flags={t.flags} />
            </section>
            {t.decisions.map((d) => <DecisionPanel key={d.id} of={d} trail={t} changed={reload} />)}
            {!t.decisions.length ? <Empty title="Nothing has been decided about this item."><p>{t.cases.length ? 'Its case is still waiting.' : 'No rule sent it to review and nobody flagged it.'}</p></Empty> : null}
            {t.cases.length ? <section><h2>Cases</h2><Table label="Cases of this item" rows={t.cases} columns={FEW_CASE_COLUMNS} id={(c) => c.id} open={(c) => href('cases', c.id)} /></section> : null}
          </div>
        </div>
      ) : null}
    </main>
  )
}

function AddToBankButton({ trail: t, decision }: { trail: Trail; decision: string | null }) {
  const open = useSignal(false)
  if (!may.addToBank.value || (!t.item.media.length && !t.item.text.length)) return null
  return (
    <>
      <p><Button onClick={() => { open.value = true }}>Add to a bank</Button></p>
      {open.value ? <AddToBank item={t.item} caseId={t.cases[0]?.id ?? null} decision={decision} close={() => { open.value = false }} /> : null}
    </>
  )
}

const BY: Record<Decision['automated'], string> = { fully: 'by a rule, without a person', partially: 'by a person after a rule', not: 'by a person' }
function DecisionPanel({ of: d, trail, changed }: { of: Decision; trail: Trail; changed: () => void }) {
  const statement = useSignal(false)
  return (
    <section class="panel decision" aria-label={`Decision ${d.puid}`}>
      <h2>
        {d.kind === 'clear' ? 'Not violating' : d.kind === 'reverse' ? 'Taken back' : `Decided: ${d.policy}`}
        {d.reversed ? <Tag tone="warn">taken back</Tag> : null}
      </h2>
      <p class="quiet"><When time={d.at} /> · {BY[d.automated]} ({d.by}) · {d.trigger ? words(d.trigger) : ''} · {d.seq === null ? 'not sealed yet' : `sealed as no. ${d.seq}`} · <Id id={d.id} /></p>
      {d.facts ? <p>{d.facts}</p> : null}
      {d.done.length ? <ul class="actions">{d.done.map((a) => <ActionRow key={a.id} of={a} />)}</ul> : null}
      {d.deliveries.length ? (
        <ul class="lines">
          {d.deliveries.map((x) => (
            <li key={x.id}>
              <span>{x.kind} <DeliveryState of={x.state} /></span>
              <span class="quiet">{plural(x.attempts, 'try', 'tries')}{x.delivered_at ? <> · delivered <Ago time={x.delivered_at} /></> : null}{x.error ? ` · ${x.error}` : ''} {may.lead.value ? <> · <Link to={href('deliveries')}>Deliveries</Link></> : null}</span>
            </li>
          ))}
        </ul>
      ) : null}
      {d.events.length ? (
        <>
          <h3>What became of it</h3>
          <ol class="lines">{d.events.map((e) => <li key={e.kind + e.at}><span>{words(e.kind)}{e.outcome ? `: ${e.outcome}` : ''}</span><span class="quiet">{e.actor} · <Ago time={e.at} /></span></li>)}</ol>
        </>
      ) : null}
      {d.statement.length ? (
        <>
          <button type="button" class="disclose" aria-expanded={statement.value} onClick={() => { statement.value = !statement.value }}>Statement of reasons</button>
          {statement.value ? <div class="statement">{d.statement.map((p) => <div key={p.heading}><h3>{p.heading}</h3><p>{p.text}</p></div>)}</div> : null}
        </>
      ) : null}
      {d.kind === 'clear' || d.kind === 'reverse' || d.reversed ? null : <AddToBankButton trail={trail} decision={d.id} />}
      {may.lead.value && d.kind === 'act' && !d.reversed && trail.item.media.length ? <p><Link class="button quiet" to={`${href('crisis')}?decision=${d.id}&policy=${encodeURIComponent(d.policy)}`}>Watch it and its edits</Link></p> : null}
      <Reverse of={d} changed={changed} />
    </section>
  )
}

/** Taking a decision back long after: by a lead, with a reason, as a new decision in the ledger. */
function Reverse({ of: d, changed }: { of: Decision; changed: () => void }) {
  const open = useSignal(false)
  const reason = useSignal('')
  const problem = useSignal<unknown>(null)
  if (!may.lead.value || d.kind !== 'act' || d.reversed) return null
  const send = () => call<Reversed>('POST', ['decisions', d.id, 'reverse'], { reason: reason.value.trim() } satisfies ReverseAsk).then(() => {
    open.value = false
    say('Taken back. The platform is asked to restore what was restricted.')
    changed()
  }, (e: unknown) => { problem.value = e })
  return (
    <>
      <p><Button onClick={() => { open.value = true }}>Take back …</Button></p>
      {open.value ? (
        <Dialog title="Take this decision back?" close={() => { open.value = false }}>
          <p>The platform is asked to restore what was restricted, and strikes are revoked. The old decision stays in the ledger beside the new one.</p>
          <form onSubmit={(e) => { e.preventDefault(); if (reason.value.trim()) void send() }}>
            <Field label="Why was it wrong?"><input value={reason.value} maxLength={2000} onInput={(e) => { reason.value = e.currentTarget.value }} /></Field>
            <ErrorNote error={problem.value} />
            <Button type="submit" kind="danger" disabled={!reason.value.trim()} onClick={() => undefined}>Take it back</Button>
          </form>
        </Dialog>
      ) : null}
    </>
  )
}

const ACTION_TONE: Record<Action['state'], 'good' | 'bad' | 'warn' | 'quiet'> = {
  waiting: 'quiet', sent: 'warn', confirmed: 'good', refused: 'bad', cancelled: 'quiet', reversed: 'quiet', held: 'warn',
}
function ActionRow({ of: a }: { of: Action }) {
  return (
    <li>
      <span>{a.reverses ? 'take back: ' : ''}{words(a.name)} <Tag tone={ACTION_TONE[a.state]}>{a.state}</Tag></span>
      <span class="quiet">{a.confirmed_at ? <>confirmed <Ago time={a.confirmed_at} /></> : <>asked <Ago time={a.created_at} /></>}{a.confirm_note ? ` · ${a.confirm_note}` : ''}</span>
    </li>
  )
}
