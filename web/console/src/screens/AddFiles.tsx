// Adds files to a bank: each is decoded apart from everything else, and what it is known by goes in; the file is not kept.
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { AddedEntry, Bank, BankKind, Known } from '../api.ts'
import { count, plural } from '../app/format.ts'
import { call, Failure, upload } from '../app/http.ts'
import { Button, ErrorNote, Field } from '../ui/basic.tsx'
import { useInView } from '../ui/dialog.tsx'
import { say } from '../ui/status.tsx'
import { takeOut } from './bankUndo.ts'

const ACCEPT: Record<BankKind, string | undefined> = { pdq: 'image/*', video: 'video/*', sound: 'audio/*,video/*', digest: undefined, text: undefined }
const FILE: Record<BankKind, string> = { pdq: 'Pictures', video: 'Videos', sound: 'Sounds, or videos for their sound', digest: 'Files', text: '' }
const OF_THE_FILE = new Set([400, 413, 415, 422]) // the others are nobody's file's fault

interface Progress {
  at: number // files
  added: AddedEntry[]
  extended: number
  present: number
  refused: { name: string; why: string }[]
}

export function AddFiles({ bank, close }: { bank: Bank; close: () => void }) {
  const files = useSignal<File[]>([])
  const draft = useSignal({ note: '', classification: '', exchange: '', record: '', expires: '' })
  const progress = useSignal<Progress | null>(null)
  const running = useSignal(false)
  const problem = useSignal<unknown>(null)
  const stop = useRef(false)
  useEffect(() => () => { stop.current = true }, [])
  const d = draft.value
  const set = (change: Partial<typeof d>) => { draft.value = { ...draft.value, ...change } }
  const choose = (list: FileList | null | undefined) => {
    files.value = [...(list ?? [])]
    progress.value = null
    problem.value = null
  }
  const one = async (file: File, p: Progress): Promise<Progress> => {
    const next = { ...p, at: p.at + 1 }
    try {
      const { known } = await upload<Known>(['banks', bank.id, 'known'], file)
      const provenance = d.exchange.trim() || d.record.trim() ? { ...(d.exchange.trim() && { exchange: d.exchange.trim() }), ...(d.record.trim() && { record: d.record.trim() }) } : null
      const e = await call<AddedEntry>('POST', ['banks', bank.id, 'entries'], { known, note: d.note.trim() || null, classification: d.classification.trim() || null, provenance, expires_at: d.expires ? `${d.expires}T00:00:00Z` : null })
      return e.extended ? { ...next, extended: p.extended + 1 } : { ...next, added: [...p.added, e] }
    } catch (e) {
      if (e instanceof Failure && e.status === 409) return { ...next, present: p.present + 1 }
      if (e instanceof Failure && OF_THE_FILE.has(e.status)) return { ...next, refused: [...p.refused, { name: file.name, why: e.detail || e.title }] }
      throw e
    }
  }
  const send = async () => {
    running.value = true
    stop.current = false
    problem.value = null
    try {
      let p = progress.value ?? { at: 0, added: [], extended: 0, present: 0, refused: [] }
      progress.value = p
      while (p.at < files.value.length && !stop.current) {
        p = await one(files.value[p.at]!, p)
        progress.value = p
      }
    } catch (e) {
      problem.value = e
    } finally {
      running.value = false
    }
  }
  const p = progress.value
  const done = p !== null && p.at === files.value.length
  const foot = useInView(done)
  const fresh = p?.added.filter((e) => e.fresh) ?? []
  const undo = () => {
    running.value = true
    takeOut(bank, fresh).then((n) => { say(`${plural(n, 'entry is', 'entries are')} out of the bank again.`); close() }, (e: unknown) => { problem.value = e }).finally(() => { running.value = false })
  }
  return (
    <form onSubmit={(e) => { e.preventDefault(); if (files.value.length && !running.value && !done) void send() }} onDragOver={(e) => e.preventDefault()} onDrop={(e) => { e.preventDefault(); if (!running.value) choose(e.dataTransfer?.files) }}>
      <p class="quiet">{bank.kind === 'digest' ? 'The bank holds their digest; the files are not kept.' : 'Each is decoded apart from everything else. The bank holds what it is known by; the files are not kept.'}</p>
      <Field label={`${FILE[bank.kind]} (or drop them here)`}><input type="file" multiple disabled={running.value} accept={ACCEPT[bank.kind]} onChange={(e) => choose(e.currentTarget.files)} /></Field>
      <div class="two-fields">
        <Field label="Note"><input value={d.note} maxLength={300} onInput={(e) => set({ note: e.currentTarget.value })} /></Field>
        <Field label="Classification"><input value={d.classification} maxLength={64} onInput={(e) => set({ classification: e.currentTarget.value })} /></Field>
        <Field label="Exchange"><input value={d.exchange} maxLength={256} onInput={(e) => set({ exchange: e.currentTarget.value })} /></Field>
        <Field label="Record"><input value={d.record} maxLength={256} onInput={(e) => set({ record: e.currentTarget.value })} /></Field>
        <Field label="Expires" help="From this day on they match nothing (UTC)"><input type="date" value={d.expires} onInput={(e) => set({ expires: e.currentTarget.value })} /></Field>
      </div>
      {p ? (
        <div class="progress">
          <progress max={files.value.length} value={p.at} aria-label="Files added" />
          <p role="status">{done ? 'Done: ' : `${count(p.at)} of ${plural(files.value.length, 'file')}: `}{count(p.added.length)} added, {p.extended ? `${count(p.extended)} last longer now, ` : ''}{count(p.present)} already there, {count(p.refused.length)} refused.</p>
        </div>
      ) : null}
      {p?.refused.length ? (
        <div class="import-errors" tabIndex={0} role="region" aria-label="Refused files">
          <table class="plain"><thead><tr><th scope="col">File</th><th scope="col">Why it was refused</th></tr></thead>
            <tbody>{p.refused.map((r, i) => <tr key={i}><td>{r.name}</td><td>{r.why}</td></tr>)}</tbody>
          </table>
        </div>
      ) : null}
      <ErrorNote error={problem.value} />
      <div class="row" ref={foot}>
        {done
          ? <Button kind="main" onClick={close}>Close</Button>
          : <Button type="submit" kind="main" disabled={!files.value.length || running.value} onClick={() => undefined}>{p ? 'Go on from there' : files.value.length > 1 ? `Add ${count(files.value.length)} files` : 'Add'}</Button>}
        {running.value && !done ? <Button onClick={() => { stop.current = true }}>Stop</Button> : null}
        {!running.value && fresh.length ? <Button onClick={undo}>Take {fresh.length > 1 ? `the ${count(fresh.length)}` : 'it'} out again</Button> : null}
      </div>
    </form>
  )
}
