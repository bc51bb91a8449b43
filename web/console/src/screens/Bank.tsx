// One bank: its entries, switching it off, adding one entry, importing a file.
import { useSignal } from '@preact/signals'
import type { Bank, BankEntry, BankPage, EntryForm } from '../api.ts'
import { count } from '../app/format.ts'
import { call, get } from '../app/http.ts'
import { place, setQuery } from '../app/router.tsx'
import { may } from '../app/state.ts'
import { Ago, Button, Empty, ErrorNote, Facts, Field, Tag, Title } from '../ui/basic.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { useLoad } from '../ui/load.ts'
import { say } from '../ui/status.tsx'
import { type Column, Table } from '../ui/table.tsx'
import { BANK_KIND } from './Banks.tsx'
import { ImportFile } from './ImportFile.tsx'

export const FORMS: Record<Bank['kind'], EntryForm[]> = { pdq: ['pdq'], digest: ['md5', 'sha256'], text: ['phrase', 'word', 'regex'], video: ['vpdq'], sound: ['chromaprint'] }

export function BankScreen({ id }: { id: string }) {
  const q = place.value.query.get('q') ?? ''
  const cursor = place.value.query.get('from')
  const { data, error, reload, put } = useLoad(`${id} ${q} ${cursor}`, () => get<BankPage>(['banks', id], { q, cursor }))
  const dialog = useSignal<'add' | 'import' | null>(null)
  const problem = useSignal<unknown>(null)
  const b = data?.bank
  const attempt = (work: Promise<unknown>) => void work.then(() => { problem.value = null; reload() }, (e: unknown) => { problem.value = e })
  const columns: Column<BankEntry>[] = [
    { name: 'value', title: 'Entry', wide: true, cell: (e) => <code class="value">{e.value}</code> },
    { name: 'form', title: 'Form', cell: (e) => e.form },
    { name: 'note', title: 'Note', small: 'hide', cell: (e) => e.note ?? '' },
    { name: 'added', title: 'Added', by: (e) => e.added_at, cell: (e) => <Ago time={e.added_at} /> },
    { name: 'off', title: 'State', untitled: true, cell: (e) => (e.enabled ? null : <Tag tone="warn">off</Tag>) },
    { name: 'remove', title: 'Remove', untitled: true, cell: (e) => (may.lead.value ? <Button kind="quiet" onClick={() => attempt(call('DELETE', ['banks', id, 'entries', e.id]).then(() => say('Removed from the bank.')))}>Remove</Button> : null) },
  ]
  return (
    <main class="screen">
      <Title aside={b && may.lead.value ? <><Button onClick={() => { dialog.value = 'import' }}>Import a file</Button> <Button kind="main" onClick={() => { dialog.value = 'add' }}>Add an entry</Button></> : null}>Bank {b?.name ?? ''}</Title>
      <ErrorNote error={error ?? problem.value} retry={reload} />
      {b ? (
        <>
          <Facts rows={[
            ['Holds', BANK_KIND[b.kind]], ['Policy', b.policy], ['Source', b.source],
            ...(b.kind === 'pdq' ? [['Distance', String(b.distance)] as [string, string]] : []),
            ['Entries', count(b.entries)], ['Matches in 7 days', count(b.matches_7d)], ['State', b.enabled ? 'in use' : 'off: nothing is compared with it'],
          ]} />
          {may.lead.value ? <p><Button onClick={() => attempt(call<Bank>('PATCH', ['banks', id], { enabled: !b.enabled }).then((bank) => data && put({ ...data, bank })))}>{b.enabled ? 'Switch the bank off' : 'Switch the bank on'}</Button></p> : null}
          <label class="search"><span class="hidden">Beginning of an entry</span><input type="search" placeholder="Beginning of an entry" value={q} onChange={(e) => setQuery({ q: e.currentTarget.value.trim(), from: null })} /></label>
          {data.entries.length ? <Table label="Entries" rows={data.entries} columns={columns} id={(e) => e.id} /> : <Empty title={q ? 'No entry begins so.' : 'The bank is empty.'}><p>{q ? 'Hashes are hex; terms are compared without regard to case.' : 'Import a file, one entry a line, or add entries from decisions.'}</p></Empty>}
          <p>{cursor ? <Button onClick={() => setQuery({ from: null })}>Back to the newest</Button> : null} {data.next ? <Button onClick={() => setQuery({ from: data.next })}>Older entries</Button> : null}</p>
          {dialog.value === 'add' ? <AddEntry bank={b} close={() => { dialog.value = null; reload() }} /> : null}
          {dialog.value === 'import' ? <ImportFile bank={b} close={() => { dialog.value = null; reload() }} /> : null}
        </>
      ) : null}
    </main>
  )
}

function AddEntry({ bank, close }: { bank: Bank; close: () => void }) {
  const form = useSignal<EntryForm>(FORMS[bank.kind][0]!)
  const value = useSignal('')
  const note = useSignal('')
  const problem = useSignal<unknown>(null)
  const send = () => call<BankEntry>('POST', ['banks', bank.id, 'entries'], { form: form.value, value: value.value.trim(), note: note.value.trim() || null })
    .then(close, (e: unknown) => { problem.value = e })
  return (
    <Dialog title={`Add to ${bank.name}`} close={close}>
      <form onSubmit={(e) => { e.preventDefault(); void send() }}>
        {FORMS[bank.kind].length > 1 ? <Field label="Form"><select value={form.value} onChange={(e) => { form.value = e.currentTarget.value as EntryForm }}>{FORMS[bank.kind].map((f) => <option key={f}>{f}</option>)}</select></Field> : null}
        <Field label={bank.kind === 'text' ? 'Word, phrase or pattern' : 'Hash in hex'}><input required value={value.value} spellcheck={false} onInput={(e) => { value.value = e.currentTarget.value }} /></Field>
        <Field label="Note"><input value={note.value} maxLength={300} onInput={(e) => { note.value = e.currentTarget.value }} /></Field>
        <ErrorNote error={problem.value} />
        <Button type="submit" kind="main" onClick={() => undefined}>Add</Button>
      </form>
    </Dialog>
  )
}
