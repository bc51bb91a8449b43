// The dialogs of Work. Skip and escalate need a reason and are quick by keyboard; what the column has no room for is found
// by typing.
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { Queues, Severity } from '../api.ts'
import { get } from '../app/http.ts'
import { isTyping } from '../app/keys.ts'
import { Button, ErrorNote, Field, Key, SeverityMark } from '../ui/basic.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { useLoad } from '../ui/load.ts'
import { move, skip } from './state.ts'

const REASONS = [
  'I need a pause from this kind of material',
  'I may know somebody in it',
  'It is in a language that I do not read',
  'I am unsure; somebody else should look',
]

/** Digits choose within a dialog while nobody types. */
function useDigits(n: number, pick: (i: number) => void) {
  useEffect(() => {
    const press = (e: KeyboardEvent) => {
      const i = Number(e.key) - 1
      if (isTyping(e.target) || e.ctrlKey || e.metaKey || e.altKey || !(i >= 0 && i < n)) return
      e.preventDefault()
      pick(i)
    }
    addEventListener('keydown', press)
    return () => removeEventListener('keydown', press)
  })
}

export function SkipDialog({ close }: { close: () => void }) {
  const other = useSignal('')
  const send = (reason: string) => {
    close()
    void skip(reason)
  }
  useDigits(REASONS.length, (i) => send(REASONS[i] as string))
  return (
    <Dialog title="Why do you skip it?" close={close}>
      <p class="quiet">The case goes back to the queue and is not offered to you again for half an hour.</p>
      <ul class="picks">
        {REASONS.map((reason, i) => (
          <li key={reason}><button type="button" class="choice" onClick={() => send(reason)}><Key label={String(i + 1)} /><span class="choice-text">{reason}</span></button></li>
        ))}
      </ul>
      <form onSubmit={(e) => { e.preventDefault(); if (other.value.trim()) send(other.value.trim()) }}>
        <Field label="Another reason"><input value={other.value} maxLength={300} onInput={(e) => { other.value = e.currentTarget.value }} /></Field>
        <Button type="submit" kind="main" disabled={!other.value.trim()} onClick={() => undefined}>Skip</Button>
      </form>
    </Dialog>
  )
}

export function MoveDialog({ from, close }: { from: string; close: () => void }) {
  const to = useSignal<string | null>(null)
  const reason = useSignal('')
  const { data, error } = useLoad('queues', () => get<Queues>(['queues']))
  const others = (data?.queues ?? []).filter((q) => q.name !== from)
  useDigits(others.length, (i) => { to.value = others[i]?.name ?? null })
  const send = () => {
    const queue = others.find((q) => q.name === to.value)
    if (!queue || !reason.value.trim()) return
    close()
    void move(queue.name, queue.title, reason.value.trim())
  }
  return (
    <Dialog title="Escalate to which queue?" close={close}>
      <ErrorNote error={error} />
      <div class="picks" role="radiogroup" aria-label="Queue">
        {others.map((q, i) => (
          <button key={q.name} type="button" role="radio" aria-checked={to.value === q.name} class="choice" onClick={() => { to.value = q.name }}>
            <Key label={i < 9 ? String(i + 1) : ''} /><span class="choice-text">{q.title}</span>{q.open === null ? null : <span class="quiet">{q.open} waiting</span>}
          </button>
        ))}
      </div>
      <form onSubmit={(e) => { e.preventDefault(); send() }}>
        <Field label="What should they know?"><input value={reason.value} maxLength={300} onInput={(e) => { reason.value = e.currentTarget.value }} /></Field>
        <Button type="submit" kind="main" disabled={!to.value || !reason.value.trim()} onClick={() => undefined}>Move the case</Button>
      </form>
    </Dialog>
  )
}

interface Pickable {
  name: string
  title: string
  help: string
  severity?: Severity
}
/** Finds one of many by typing; arrows move, Enter takes. */
export function PickDialog({ title, of, pick, close }: { title: string; of: Pickable[]; pick: (name: string) => void; close: () => void }) {
  const text = useSignal('')
  const at = useSignal(0)
  const words = text.value.trim().toLowerCase().split(/\s+/)
  const found = of.filter((p) => words.every((w) => `${p.title} ${p.help} ${p.name}`.toLowerCase().includes(w)))
  const take = (p: Pickable | undefined) => {
    if (!p) return
    close()
    pick(p.name)
  }
  const press = (e: KeyboardEvent) => {
    if (e.key === 'ArrowDown') at.value = Math.min(found.length - 1, at.value + 1)
    else if (e.key === 'ArrowUp') at.value = Math.max(0, at.value - 1)
    else if (e.key === 'Enter') take(found[at.value])
    else return
    e.preventDefault()
  }
  const list = useRef<HTMLUListElement>(null)
  useEffect(() => list.current?.children[at.value]?.scrollIntoView({ block: 'nearest' }), [at.value])
  return (
    <Dialog title={title} class="palette" close={close}>
      <input
        autofocus role="combobox" aria-expanded="true" aria-controls="pick-list" aria-label="Part of its name" aria-activedescendant={`pick-${at.value}`}
        placeholder="Part of its name" value={text.value} onInput={(e) => { text.value = e.currentTarget.value; at.value = 0 }} onKeyDown={press}
      />
      <ul id="pick-list" ref={list} role="listbox" aria-label={title} tabIndex={-1}>
        {found.map((p, i) => (
          <li key={p.name} id={`pick-${i}`} role="option" aria-selected={i === at.value} title={p.help} onMouseMove={() => { at.value = i }} onClick={() => take(p)}>
            <span>{p.title} <span class="quiet">{p.name}</span></span>{p.severity ? <SeverityMark of={p.severity} bare /> : null}
          </li>
        ))}
      </ul>
      {found.length ? null : <p class="quiet">Nothing has that in its name.</p>}
    </Dialog>
  )
}
