// Imports a file into a bank: piece by piece, with progress, and with the place of everything that was refused.
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { Bank, EntryForm, Import, Imported, ImportError, ImportFormat } from '../api.ts'
import { bytes, count, plural } from '../app/format.ts'
import { call } from '../app/http.ts'
import { Button, ErrorNote, Field } from '../ui/basic.tsx'
import { Dialog, useInView } from '../ui/dialog.tsx'
import { FORMS } from './BankEntry.tsx'
import { say } from '../ui/status.tsx'
import { takeOutBetween } from './bankUndo.ts'
import { keepFile } from './files.ts'

const PIECE = 1 << 20
const WHOLE = 2 << 20 // what needs a second person goes in one piece
const SHOW_ERRORS = 200
const KEEP_ERRORS = 100_000
const FORMATS: Record<ImportFormat, string> = { auto: 'by its name and beginning', csv: 'CSV', json: 'JSON', ndjson: 'NDJSON (an object a line)', lines: 'plain lines' }

interface Progress {
  at: number // bytes
  size: number
  state: string
  format: ImportFormat
  added: number
  present: number
  extended: number // of what was there
  expired: number
  refused: number
  errors: ImportError[]
  from: string // ids between which lies what was added
  to: string
  done: boolean
}
const nothing = (size: number): Progress => ({ at: 0, size, state: '', format: 'auto', added: 0, present: 0, extended: 0, expired: 0, refused: 0, errors: [], from: '', to: '', done: false })

/** A part of the file in base64. */
function base64(part: Blob): Promise<string> {
  return new Promise((done, fail) => {
    const reader = new FileReader()
    reader.onload = () => { const text = String(reader.result); done(text.slice(text.indexOf(',') + 1)) }
    reader.onerror = () => fail(new Error('The file cannot be read any more.'))
    reader.readAsDataURL(part)
  })
}

function errorFile(errors: ImportError[]): string {
  const cell = (s: string) => `"${s.replaceAll('"', '""')}"`
  return ['line,column,field,why', ...errors.map((e) => `${e.line},${e.column},${cell(e.field)},${cell(e.detail)}`), ''].join('\r\n')
}

export function ImportFile({ bank, close }: { bank: Bank; close: () => void }) {
  const file = useSignal<File | null>(null)
  const pasted = useSignal('')
  const form = useSignal<EntryForm | ''>(bank.kind === 'text' ? 'phrase' : '')
  const format = useSignal<ImportFormat>('auto')
  const exchange = useSignal('')
  const progress = useSignal<Progress | null>(null)
  const running = useSignal(false)
  const problem = useSignal<unknown>(null)
  const stop = useRef(false)
  useEffect(() => () => { stop.current = true }, [])
  const piece = async (f: File, p: Progress, size: number): Promise<Progress> => {
    const part = f.slice(p.at, p.at + size)
    const last = p.at + size >= f.size
    const ask: Import = { name: f.name, format: format.value, exchange: exchange.value.trim(), state: p.state, bytes: part.size ? await base64(part) : '', last, ...(form.value ? { form: form.value } : {}) }
    const a = await call<Imported>('POST', ['banks', bank.id, 'import'], ask)
    if (!a.taken && !last && size < WHOLE) return piece(f, p, WHOLE) // one record fills the piece
    if (!a.taken && !last) throw new Error('One record is larger than 2 MB. The command line imports it: tutela bank import.')
    return {
      at: last ? f.size : p.at + a.taken, size: f.size, state: a.state, format: a.format, added: p.added + a.added, present: p.present + a.present, extended: p.extended + a.extended, expired: p.expired + a.expired, refused: p.refused + a.refused, from: p.from || a.from, to: a.to,
      errors: p.errors.length < KEEP_ERRORS ? [...p.errors, ...a.errors] : p.errors, done: last,
    }
  }
  const send = async (f: File) => {
    running.value = true
    stop.current = false
    problem.value = null
    try {
      let p = progress.value?.size === f.size ? progress.value : nothing(f.size)
      progress.value = p
      while (!p.done && !stop.current) {
        p = await piece(f, p, f.size <= WHOLE ? WHOLE : PIECE)
        progress.value = p
      }
    } catch (e) {
      problem.value = e
    } finally {
      running.value = false
    }
  }
  const begin = (f: File | null) => {
    file.value = f
    progress.value = null
    problem.value = null
  }
  const undo = (n: Progress) => {
    running.value = true
    takeOutBetween(bank, n.from, n.to).then((out) => { say(`${plural(out, 'entry is', 'entries are')} out of the bank again.`); close() }, (e: unknown) => { problem.value = e }).finally(() => { running.value = false })
  }
  const p = progress.value
  const foot = useInView(p?.done === true)
  const begun = p !== null && p.at > 0 && !p.done
  return (
    <Dialog title={`Import into ${bank.name}`} close={close} wide>
      <form onSubmit={(e) => { e.preventDefault(); if (file.value && !running.value) void send(file.value) }}>
        <p class="quiet">CSV with a first row that names the columns (value, note, exchange, record, member, tags, classification, expires_at), JSON, NDJSON, or one entry a line. What is there already stays as it is, so a file can be imported again.</p>
        <Field label="File"><input type="file" disabled={running.value} accept=".txt,.csv,.tsv,.json,.ndjson,.jsonl,text/plain,text/csv,application/json" onChange={(e) => { pasted.value = ''; begin(e.currentTarget.files?.[0] ?? null) }} /></Field>
        {file.value && !pasted.value ? null : <Field label="Or paste a list" help="One entry a line, or what a file would hold"><textarea rows={4} spellcheck={false} disabled={running.value} value={pasted.value} onInput={(e) => { pasted.value = e.currentTarget.value; begin(pasted.value.trim() ? new File([pasted.value], '') : null) }} /></Field>}
        <div class="two-fields">
          <Field label="Format"><select value={format.value} disabled={running.value || begun} onChange={(e) => { format.value = e.currentTarget.value as ImportFormat }}>{Object.entries(FORMATS).map(([k, label]) => <option key={k} value={k}>{label}</option>)}</select></Field>
          {bank.kind === 'text' ? <Field label="Entries are" help="Where the file does not say it"><select value={form.value} onChange={(e) => { form.value = e.currentTarget.value as EntryForm }}>{FORMS[bank.kind].map((f) => <option key={f} value={f}>{f === 'phrase' ? 'phrases' : f === 'word' ? 'words' : 'regular expressions'}</option>)}</select></Field> : null}
          <Field label="Exchange" help="Where entries come from that do not say it"><input value={exchange.value} onInput={(e) => { exchange.value = e.currentTarget.value }} /></Field>
        </div>
        {p ? (
          <div class="progress">
            <progress max={p.size || 1} value={p.at} aria-label="Bytes imported" />
            <p role="status">{p.done ? 'Done: ' : `${bytes(p.at)} of ${bytes(p.size)}: `}{count(p.added)} added, {count(p.present)} already there{p.extended ? ` (${count(p.extended)} of them last longer now)` : ''}, {p.expired ? `${count(p.expired)} left out because their time is over, ` : ''}{count(p.refused)} refused.</p>
          </div>
        ) : null}
        {p?.errors.length ? <Errors of={p.errors} name={`${bank.name}-refused.csv`} /> : null}
        <ErrorNote error={problem.value} />
        <div class="row" ref={foot}>
          {p?.done
            ? <Button kind="main" onClick={close}>Close</Button>
            : <Button type="submit" kind="main" disabled={!file.value || running.value} onClick={() => undefined}>{begun ? 'Go on from there' : 'Import'}</Button>}
          {running.value && !p?.done ? <Button onClick={() => { stop.current = true }}>Stop</Button> : null}
          {p?.added && !running.value ? <Button onClick={() => undo(p)}>Take out again what was added</Button> : null}
        </div>
      </form>
    </Dialog>
  )
}

function Errors({ of: errors, name }: { of: ImportError[]; name: string }) {
  return (
    <>
      <div class="import-errors" tabIndex={0} role="region" aria-label="Refused records">
        <table class="plain"><thead><tr><th scope="col" class="number">Line</th><th scope="col">Field</th><th scope="col">Why it was refused</th></tr></thead>
          <tbody>{errors.slice(0, SHOW_ERRORS).map((e, i) => <tr key={i}><td class="number">{e.line}{e.column ? `:${e.column}` : ''}</td><td>{e.field}</td><td>{e.detail}</td></tr>)}</tbody>
        </table>
        {errors.length > SHOW_ERRORS ? <p class="quiet">and {count(errors.length - SHOW_ERRORS)} more</p> : null}
      </div>
      <p><Button onClick={() => keepFile([errorFile(errors)], 'text/csv', name)}>Save the refused as a file</Button></p>
    </>
  )
}
