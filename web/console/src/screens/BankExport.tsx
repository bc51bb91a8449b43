// Takes all entries of a bank along as a file, part by part.
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { Bank, Export, Exported, ImportFormat } from '../api.ts'
import { bytes } from '../app/format.ts'
import { call } from '../app/http.ts'
import { Button, ErrorNote, Field } from '../ui/basic.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { keepFile } from './files.ts'

const FORMATS: [ImportFormat, string][] = [['ndjson', 'NDJSON: everything, an object a line'], ['csv', 'CSV: everything, for spreadsheets'], ['json', 'JSON: everything, one document'], ['lines', 'Plain lines: value and note of what is in force for good']]

export function BankExport({ bank, close }: { bank: Bank; close: () => void }) {
  const format = useSignal<ImportFormat>('ndjson')
  const omitted = useSignal(0)
  const size = useSignal<number | null>(null)
  const problem = useSignal<unknown>(null)
  const left = useRef(false)
  useEffect(() => () => { left.current = true }, [])
  const run = async () => {
    const parts: Blob[] = []
    size.value = 0
    problem.value = null
    omitted.value = 0
    try {
      for (let before: string | null | undefined; before !== null && !left.current;) {
        const a: Exported = await call<Exported>('POST', ['banks', bank.id, 'export'], { format: format.value, ...(before ? { before } : {}) } satisfies Export)
        parts.push(new Blob([a.text]))
        size.value += parts.at(-1)?.size ?? 0
        before = a.next
        omitted.value += a.left_out
        if (before === null) keepFile(parts, a.type, `${bank.name}.${a.ending}`)
      }
      size.value = null
      if (omitted.value === 0) close()
    } catch (e) {
      problem.value = e
      size.value = null
    }
  }
  return (
    <Dialog title={`Export ${bank.name}`} close={close}>
      <form onSubmit={(e) => { e.preventDefault(); if (size.value === null) void run() }}>
        <p class="quiet">The file holds known hashes or terms: keep it as carefully as the bank. That you took it is recorded.</p>
        <Field label="Format"><select value={format.value} onChange={(e) => { format.value = e.currentTarget.value as ImportFormat }}>{FORMATS.map(([k, label]) => <option key={k} value={k}>{label}</option>)}</select></Field>
        {size.value !== null ? <p role="status">{bytes(size.value)} so far</p> : null}
        {size.value === null && omitted.value > 0 && !problem.value ? <p role="status">The file was saved without {omitted.value} {omitted.value === 1 ? 'entry' : 'entries'}: plain lines hold only what is in force for good. NDJSON, CSV and JSON keep everything.</p> : null}
        <ErrorNote error={problem.value} />
        <Button type="submit" kind="main" disabled={size.value !== null} onClick={() => undefined}>Export</Button>
      </form>
    </Dialog>
  )
}
