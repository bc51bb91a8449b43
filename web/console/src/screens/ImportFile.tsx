// Imports a file into a bank: part by part, with progress, and with the line of everything that was refused.
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { Bank, EntryForm, Import, Imported } from '../api.ts'
import { count, plural } from '../app/format.ts'
import { call } from '../app/http.ts'
import { Button, ErrorNote, Field } from '../ui/basic.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { FORMS } from './Bank.tsx'

const PART_LINES = 1000
const SHOW_ERRORS = 200

interface Progress {
  done: number
  lines: number
  added: number
  present: number
  errors: Imported['errors']
}

export function ImportFile({ bank, close }: { bank: Bank; close: () => void }) {
  const file = useSignal<File | null>(null)
  const form = useSignal<EntryForm | ''>(bank.kind === 'text' ? 'phrase' : '')
  const progress = useSignal<Progress | null>(null)
  const running = useSignal(false)
  const problem = useSignal<unknown>(null)
  const left = useRef(false)
  useEffect(() => () => { left.current = true }, [])
  const send = async (f: File) => {
    running.value = true
    problem.value = null
    try {
      const lines = (await f.text()).replace(/^\ufeff/, '').split(/\r?\n/)
      if (lines.at(-1) === '') lines.pop()
      const from: Progress = progress.value && progress.value.lines === lines.length ? progress.value : { done: 0, lines: lines.length, added: 0, present: 0, errors: [] }
      progress.value = from
      for (let at = from.done; at < lines.length && !left.current; at += PART_LINES) {
        const part: Import = { form: form.value || null, first_line: at + 1, lines: lines.slice(at, at + PART_LINES) }
        const answer = await call<Imported>('POST', ['banks', bank.id, 'import'], part)
        const p: Progress = progress.value ?? from
        progress.value = { ...p, done: at + part.lines.length, added: p.added + answer.added, present: p.present + answer.present, errors: [...p.errors, ...answer.errors] }
      }
    } catch (e) {
      problem.value = e
    } finally {
      running.value = false
    }
  }
  const p = progress.value
  return (
    <Dialog title={`Import into ${bank.name}`} close={close}>
      <form onSubmit={(e) => { e.preventDefault(); if (file.value && !running.value) void send(file.value) }}>
        <p class="quiet">One entry a line. A note may follow after a tab. Lines that are there already change nothing, so a file can be imported again.</p>
        {FORMS[bank.kind].length > 1 && bank.kind === 'text' ? <Field label="Lines are"><select value={form.value} onChange={(e) => { form.value = e.currentTarget.value as EntryForm }}>{FORMS[bank.kind].map((f) => <option key={f} value={f}>{f === 'phrase' ? 'phrases' : f === 'word' ? 'words' : 'regular expressions'}</option>)}</select></Field> : null}
        <Field label="File"><input type="file" accept=".txt,.csv,.tsv,text/plain" onChange={(e) => { file.value = e.currentTarget.files?.[0] ?? null; progress.value = null }} /></Field>
        {p ? (
          <div class="progress" role="status">
            <progress max={p.lines || 1} value={p.done} aria-label="Lines imported" />
            <p>{count(p.done)} of {plural(p.lines, 'line')}: {count(p.added)} added, {count(p.present)} already there, {count(p.errors.length)} refused.{!running.value && p.done === p.lines ? ' Done.' : ''}</p>
          </div>
        ) : null}
        {p?.errors.length ? (
          <div class="import-errors" tabIndex={0} role="region" aria-label="Refused lines">
            <table class="plain"><thead><tr><th scope="col" class="number">Line</th><th scope="col">Why it was refused</th></tr></thead>
              <tbody>{p.errors.slice(0, SHOW_ERRORS).map((e) => <tr key={e.line}><td class="number">{e.line}</td><td>{e.detail}</td></tr>)}</tbody>
            </table>
            {p.errors.length > SHOW_ERRORS ? <p class="quiet">and {count(p.errors.length - SHOW_ERRORS)} more</p> : null}
          </div>
        ) : null}
        <ErrorNote error={problem.value} />
        <Button type="submit" kind="main" disabled={!file.value || running.value || (p !== null && p.done === p.lines)} onClick={() => undefined}>{problem.value && p ? 'Go on from there' : 'Import'}</Button>
      </form>
    </Dialog>
  )
}
