// Right: what can be done. This column never moves; keys are printed on what they do.
import { useComputed, useSignal } from '@preact/signals'
import { useRef } from 'preact/hooks'
import type { Case } from '../api.ts'
import { useCommands } from '../app/keys.ts'
import { plural } from '../app/format.ts'
import { keyLabel } from '../app/keys.tbl.ts'
import { may, online } from '../app/state.ts'
import { Button, ErrorNote, Key, SeverityMark } from '../ui/basic.tsx'
import { actionList, assignKeys, choosePolicy, CLEAR, missing, policyOf, shortlist, toggleAction } from './choice.ts'
import { MoveDialog, PickDialog, SkipDialog } from './dialogs.tsx'
import { addNote, busy, choice, claim, covering, current, decide, lapsed, trouble } from './state.ts'

export function Decide({ of: c }: { of: Case }) {
  if (!c.mine || lapsed.value) return <NotMine of={c} />
  return <Choices of={c} />
}

function NotMine({ of: c }: { of: Case }) {
  const free = lapsed.value || c.state === 'open' || (c.state === 'claimed' && c.mine)
  return (
    <aside class="decide" aria-label="Decide">
      <h2>Decide</h2>
      {lapsed.value ? <p>Your hold on this case ran out, so somebody else may take it. What you chose and wrote is kept.</p> : null}
      {!lapsed.value && c.state === 'claimed' ? <p>{c.claimed_by ?? 'Somebody'} is working on this case. You can read it, not decide it.</p> : null}
      {!lapsed.value && c.state === 'open' ? <p>Nobody is working on this case.</p> : null}
      {c.state === 'decided' || c.state === 'closed' ? <p>This case is {c.state}{c.decision ? ` by ${c.decision.by}: ${c.decision.kind === 'clear' ? 'not violating' : `${c.decision.policy}, ${c.decision.actions.join(', ')}`}` : ''}.</p> : null}
      {free && may.review.value ? <Button kind="main" disabled={busy.value} onClick={() => void claim(c.id)}>{lapsed.value ? 'Take it again' : 'Take this case'}</Button> : null}
      {!may.review.value ? <p class="quiet">Your role reads cases; it does not decide them.</p> : null}
      <ErrorNote error={trouble.value} />
    </aside>
  )
}

function Choices({ of: c }: { of: Case }) {
  const dialog = useSignal<'skip' | 'move' | 'policy' | 'action' | null>(null)
  const keys = useComputed(() => assignKeys(current.value ? actionList(current.value, []) : []))
  const note = useRef<HTMLTextAreaElement>(null)
  const ch = choice.value
  const set = (policy: string) => { choice.value = choosePolicy(c, choice.value, policy) }
  const act = (name: string) => { choice.value = toggleAction(choice.value, name) }
  const byKey = (letter: string) => {
    const found = [...keys.value].find(([, key]) => key === letter)
    if (found) act(found[0])
  }
  const policies = shortlist(c, ch.policy)
  const actions = actionList(c, ch.actions)
  useCommands({
    'work.policy.other': policies.length < c.policies.length ? () => { dialog.value = 'policy' } : null,
    'work.action.other': actions.length < c.actions.length ? () => { dialog.value = 'action' } : null,
    'work.policy': (digit) => {
      const p = policies[Number(digit) - 1]
      if (p) set(p.name)
    },
    'work.clear': () => set(CLEAR),
    'work.action': byKey,
    'work.decide': () => void decide(),
    'work.note': () => note.current?.focus(),
    'work.skip': () => { dialog.value = 'skip' },
    'work.move': () => { dialog.value = 'move' },
  })
  const lack = missing(ch)
  return (
    <aside class="decide" aria-label="Decide">
      <div class="choices" role="radiogroup" aria-label="Policy">
        <div class="choices-head"><h2>Policy</h2>{policies.length < c.policies.length ? <Other command="work.policy.other" pick={() => { dialog.value = 'policy' }}>Another</Other> : null}</div>
        {policies.map((p, i) => (
          <Choice key={p.name} role="radio" on={ch.policy === p.name} label={String(i + 1)} pick={() => set(p.name)} title={p.name}>
            <span class="choice-text">{p.title}</span>
            {p.suggested ? <span class="suggested" title="suggested">◂<span class="hidden"> suggested</span></span> : null}
            <SeverityMark of={p.severity} bare />
          </Choice>
        ))}
        <Choice role="radio" on={ch.policy === CLEAR} label="0" pick={() => set(CLEAR)}><span class="choice-text">Not violating</span></Choice>
      </div>
      <div class="choices" role="group" aria-label="Actions">
        <div class="choices-head"><h2>Action</h2>{actions.length < c.actions.length ? <Other command="work.action.other" pick={() => { dialog.value = 'action' }}>Another</Other> : null}</div>
        {actions.map((a) => (
          <Choice key={a.name} role="checkbox" on={ch.actions.includes(a.name)} off={ch.policy === CLEAR} label={(keys.value.get(a.name) ?? '').toUpperCase()} pick={() => act(a.name)} title={a.help}>
            <span class="choice-text">{a.title}{a.subject === 'account' && c.subject.kind === 'item' && !/account/i.test(a.title) ? <span class="quiet"> (account)</span> : null}</span>
          </Choice>
        ))}
      </div>
      <div class="decide-foot">
        <ErrorNote error={trouble.value} />
        <div class="writing">
          <label title="Goes into the statement of reasons">
            <span>Facts</span>
            <textarea rows={1} value={ch.facts} maxLength={2000} disabled={!policyOf(c, ch)} placeholder="for the statement" onInput={(e) => { choice.value = { ...choice.value, facts: e.currentTarget.value } }} />
          </label>
          <label title="For colleagues only">
            <span>Note <Key label={keyLabel('work.note')} /></span>
            <textarea ref={note} rows={1} value={ch.note} maxLength={2000} placeholder="for colleagues" onInput={(e) => { choice.value = { ...choice.value, note: e.currentTarget.value } }} />
          </label>
          {ch.note.trim() && ch.policy === null ? (
            <Button kind="quiet" onClick={() => { const body = ch.note.trim(); choice.value = { ...choice.value, note: '' }; void addNote(body) }}>Add the note now</Button>
          ) : null}
        </div>
        <div class="pair">
          <Button command="work.move" onClick={() => { dialog.value = 'move' }}>Escalate</Button>
          <Button command="work.skip" onClick={() => { dialog.value = 'skip' }}>Skip</Button>
        </div>
        <Button kind="main" command="work.decide" class={lack ? 'not-yet' : ''} disabled={busy.value || !online.value} title={lack ?? undefined} onClick={() => void decide()}>Decide and next</Button>
        <p class="quiet lack" aria-live="polite">{lack ?? <Summary of={c} />}</p>
      </div>
      {dialog.value === 'skip' ? <SkipDialog close={() => { dialog.value = null }} /> : null}
      {dialog.value === 'policy' ? <PickDialog title="Another policy" of={c.policies.map((p) => ({ name: p.name, title: p.title, help: p.name, severity: p.severity }))} pick={(name) => { if (choice.value.policy !== name) set(name) }} close={() => { dialog.value = null }} /> : null}
      {dialog.value === 'action' ? <PickDialog title="Another action" of={c.actions.filter((a) => !actions.includes(a))} pick={act} close={() => { dialog.value = null }} /> : null}
      {dialog.value === 'move' ? <MoveDialog from={c.queue} close={() => { dialog.value = null }} /> : null}
    </aside>
  )
}

function Summary({ of: c }: { of: Case }) {
  const ch = choice.value
  if (ch.policy === CLEAR) return <>Nothing happens to the {c.subject.kind}; its flags are answered as refused.{covering.value ? <strong> The same for {plural(covering.value.expect, 'copy', 'copies')}.</strong> : null}</>
  const n = ch.actions.length
  const cover = covering.value
  return <>{n === 1 ? 'One action' : `${n} actions`}; the author is told why.{cover ? <strong> The same for {plural(cover.expect, 'copy', 'copies')}.</strong> : null}</>
}

function Other(p: { command: string; pick: () => void; children: preact.ComponentChildren }) {
  const label = keyLabel(p.command)
  return <button type="button" class="other" aria-keyshortcuts={label} aria-haspopup="dialog" onClick={p.pick}>{p.children} <Key label={label} /></button>
}

interface ChoiceProps {
  role: 'radio' | 'checkbox'
  on: boolean
  off?: boolean
  label: string
  title?: string
  pick: () => void
  children: preact.ComponentChildren
}
function Choice(p: ChoiceProps) {
  const ref = useRef<HTMLButtonElement>(null)
  const arrows = (e: KeyboardEvent) => {
    const step = e.key === 'ArrowDown' ? 1 : e.key === 'ArrowUp' ? -1 : 0
    if (!step) return
    e.preventDefault()
    const all = [...(ref.current?.parentElement?.querySelectorAll<HTMLButtonElement>('button.choice') ?? [])]
    all[(all.indexOf(ref.current as HTMLButtonElement) + step + all.length) % all.length]?.focus()
  }
  return (
    <button ref={ref} type="button" role={p.role} aria-checked={p.on} disabled={p.off} class="choice" title={p.title} aria-keyshortcuts={p.label || undefined} onClick={p.pick} onKeyDown={arrows}>
      <Key label={p.label} />
      {p.children}
    </button>
  )
}
