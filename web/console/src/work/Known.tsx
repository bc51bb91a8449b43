// Middle: what is known. First who, then why the case is here, in words; scores and values only on demand.
import { useSignal } from '@preact/signals'
import type { Account, Case, Cause, DecisionRow, Flag, Note, RuleReason, Signal } from '../api.ts'
import { AGE_ASSURED, AGE_BAND, percent, plural, sentence, words } from '../app/format.ts'
import { useCommands } from '../app/keys.ts'
import { keyLabel } from '../app/keys.tbl.ts'
import { href, Link } from '../app/router.tsx'
import { Ago, Button, Key, SeverityMark, Tag } from '../ui/basic.tsx'
import { Matches, matchWords } from './Matches.tsx'
import { CopiesPanel } from './Copies.tsx'
import { choice } from './state.ts'

export function Known({ of: c }: { of: Case }) {
  return (
    <section class="known" aria-label="What is known">
      <AccountPanel account={c.account} here={c.subject.id} />
      <Why of={c} />
      {c.subject.kind === 'item' ? <CopiesPanel of={c} /> : null}
      <PolicyText of={c} />
      <Notes notes={c.notes} />
    </section>
  )
}

export function AccountPanel({ account: a, here = null }: { account: Account | null; here?: string | null }) {
  if (!a) return <div class="panel"><h2>Account</h2><p class="quiet">The platform named no account.</p></div>
  const young = a.age_band === 'under13' || a.age_band === '13-15' || a.age_band === '16-17'
  return (
    <div class="panel">
      <h2>
        Account <Link to={href('accounts', a.platform, a.id)}>{a.id}</Link>
        {a.state !== 'active' ? <Tag tone="warn">{a.state}</Tag> : null}
      </h2>
      <p class="facts-line">
        <span class={young ? 'young' : ''}>{AGE_BAND[a.age_band]}{a.age_band === 'unknown' ? '' : ` (${AGE_ASSURED[a.age_assured]})`}</span>
        {a.joined ? <span>joined <Ago time={a.joined} /></span> : null}
        <span>{a.strikes ? plural(a.strikes, 'strike') : 'no strikes'}</span>
        {a.country ? <span>{a.country}</span> : null}
        {a.name ? <span class="hostile" dir="auto">“{a.name}”</span> : null}
      </p>
      <Earlier decisions={a.decisions} here={here} />
    </div>
  )
}

const FEW = 3
function Earlier({ decisions, here }: { decisions: DecisionRow[]; here: string | null }) {
  const all = useSignal(false)
  if (!decisions.length) return <p class="quiet">No earlier decisions.</p>
  const shown = all.value ? decisions : decisions.slice(0, FEW)
  return (
    <>
      <h3>Earlier decisions</h3>
      <ul class="lines">
        {shown.map((d) => (
          <li key={d.id} class={d.reversed ? 'reversed' : ''}>
            <span>{d.kind === 'clear' ? 'not violating' : <>{d.policy}: {d.actions.map(words).join(', ') || 'what held stays'}</>}{d.reversed ? ' (taken back)' : ''}</span>
            <span class="quiet"><Ago time={d.at} />{d.automated === 'fully' ? ' · automatic' : ''}{d.subject.id === here ? ' · on this one' : ''}</span>
          </li>
        ))}
      </ul>
      {decisions.length > FEW ? (
        <Button kind="quiet" expanded={all.value} onClick={() => { all.value = !all.value }}>
          {all.value ? 'Show fewer' : `Show all ${decisions.length}`}
        </Button>
      ) : null}
    </>
  )
}

const KINDS: Record<Cause['kind'], string> = {
  rule: 'rule', flag: 'flag', unscannable: 'could not be scanned', unknown: 'could not be judged', appeal: 'appeal', manual: 'sent by hand', age: 'below the minimum age',
}
function Why({ of: c }: { of: Case }) {
  const values = useSignal(false)
  const causes = c.causes.filter((cause) => cause.kind !== 'flag' || !c.flags.length) // flags are told one by one
  useCommands({ 'work.values': () => { values.value = !values.value } })
  return (
    <div class="panel">
      <h2>Why it is here</h2>
      <ul class="causes">
        {causes.map((cause) => (
          <li key={cause.ref + cause.at}>
            <span>{cause === c.causes[0] && cause.kind === 'rule' ? `Rule ${cause.ref} applies` : sentence(cause.text)}</span>
            <span class="quiet">{KINDS[cause.kind]}{cause !== c.causes[0] && cause.kind === 'rule' ? ` ${cause.ref}` : ''} · <Ago time={cause.at} /></span>
          </li>
        ))}
      </ul>
      <Matches signals={c.signals} />
      <Flags flags={c.flags} />
      <button type="button" class="disclose" aria-expanded={values.value} onClick={() => { values.value = !values.value }}>
        Scores and values <Key label={keyLabel('work.values')} />
      </button>
      {values.value ? <><Rules rules={c.rules} /><Signals signals={c.signals} /></> : null}
    </div>
  )
}

const REPORTER: Record<Flag['kind'], string> = {
  user: 'a user',
  trusted_flagger: 'a trusted flagger',
  notice: 'a legal notice',
  referral: 'an authority’s referral',
}
const FEW_FLAGS = 5
export function Flags({ flags }: { flags: Flag[] }) {
  const all = useSignal(false)
  if (!flags.length) return null
  const shown = all.value ? flags : flags.slice(0, FEW_FLAGS)
  return (
    <>
      <h3>Flagged {flags.length === 1 ? 'once' : `${flags.length} times`}</h3>
      <ul class="lines">
        {shown.map((f) => (
          <li key={f.id}>
            <span>
              by {REPORTER[f.kind]}{f.policy ? ` for ${f.policy}` : ''}
              {f.comment ? <>: <q class="hostile" dir="auto">{f.comment}</q></> : ''}
            </span>
            <span class="quiet">
              {f.reporter_accuracy === null ? (f.reporter ? 'too few flags to judge this reporter' : 'reporter not named') : `${percent(f.reporter_accuracy)} of ${plural(f.reporter_flags, 'flag')} were right`}
              {' · '}<Ago time={f.received_at} />
              {f.outcome ? ` · ${f.outcome}` : ''}
            </span>
          </li>
        ))}
      </ul>
      {flags.length > FEW_FLAGS ? <Button kind="quiet" expanded={all.value} onClick={() => { all.value = !all.value }}>{all.value ? 'Show fewer' : `Show all ${flags.length}`}</Button> : null}
    </>
  )
}

export function Rules({ rules }: { rules: RuleReason[] }) {
  if (!rules.length) return null
  return (
    <>
      <h3>Rules</h3>
      {rules.map((r) => (
        <div key={r.rule} class="rule-reason">
          <p>{r.rule} <span class="quiet">{r.outcome === 'unknown' ? 'could not be decided' : 'held'} · {r.ruleset}</span></p>
          <table class="values">
            <tbody>{r.values.map((v) => <tr key={v.expr}><td><code>{v.expr}</code></td><td>{v.value}</td></tr>)}</tbody>
          </table>
        </div>
      ))}
    </>
  )
}

export function Signals({ signals }: { signals: Signal[] }) {
  if (!signals.length) return <p class="quiet">No detector has said anything.</p>
  return (
    <>
      <h3>Signals</h3>
      <table class="values">
        <thead><tr><th scope="col">Detector</th><th scope="col">Says</th><th scope="col" class="number">Score</th></tr></thead>
        <tbody>
          {signals.map((s) => (
            <tr key={s.n}>
              <td>{s.detector} <span class="quiet">{s.version}</span></td>
              <td>
                {s.status === 'failed' ? <Tag tone="warn">failed</Tag> : null} {s.bank ? `${s.bank.name} (${s.bank.source})` : s.label}
                {s.distance !== null && !s.bank ? ` · distance ${s.distance}` : ''}
                {matchWords(s).map((t) => ` · ${t}`)}
                {s.field ? ` · in the ${s.field}` : ''}
              </td>
              <td class="number">{s.score === null ? '' : s.score.toFixed(2)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  )
}

function PolicyText({ of: c }: { of: Case }) {
  const open = useSignal(false)
  useCommands({ 'work.policy.text': () => { open.value = !open.value } })
  const chosen = c.policies.find((p) => p.name === choice.value.policy) ?? c.policies.find((p) => p.name === c.policy) ?? c.policies[0]
  if (!chosen) return null
  return (
    <div class="panel">
      <button type="button" class="disclose" aria-expanded={open.value} onClick={() => { open.value = !open.value }}>
        Policy: {chosen.title} <Key label="P" />
      </button>
      {open.value ? <><p><SeverityMark of={chosen.severity} /></p><p class="policy-text">{chosen.text}</p></> : null}
    </div>
  )
}

const NOTE_KIND: Record<Note['kind'], string> = { note: '', skip: 'skipped: ', move: 'moved: ' }
function Notes({ notes }: { notes: Note[] }) {
  if (!notes.length) return null
  return (
    <div class="panel">
      <h2>Notes of colleagues</h2>
      <ul class="lines">
        {notes.map((n) => (
          <li key={n.id}>
            <span>{NOTE_KIND[n.kind]}{n.body}</span>
            <span class="quiet">{n.author} · <Ago time={n.at} /></span>
          </li>
        ))}
      </ul>
    </div>
  )
}
