// One bank: what it is, its entries, files in and out, what was done to it.
import { useSignal } from '@preact/signals'
import { useRef } from 'preact/hooks'
import type { Bank, BankEntry, BankHistory, BankPage, EntryState } from '../api.ts'
import { count, percent } from '../app/format.ts'
import { call, get } from '../app/http.ts'
import { useCommands } from '../app/keys.ts'
import { go, href, place, setQuery } from '../app/router.tsx'
import { may } from '../app/state.ts'
import { Ago, Button, Empty, ErrorNote, Facts, Field, Title, When } from '../ui/basic.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { useLoad } from '../ui/load.ts'
import { say } from '../ui/status.tsx'
import { type Column, Table } from '../ui/table.tsx'
import { AddEntry, asNew, ENTRY_STATE, EntryDialog, StateTag } from './BankEntry.tsx'
import { BankExport } from './BankExport.tsx'
import { BankMany } from './BankMany.tsx'
import { BankTags } from './Banks.tsx'
import { takeOut } from './bankUndo.ts'
import { BankRescan, JudgedAgain } from './BankRescan.tsx'
import { BANK_DIRECTION, BANK_KIND, BankDialog, isNear, isTimed } from './BankSettings.tsx'
import { ImportFile } from './ImportFile.tsx'

type Open = 'add' | 'import' | 'export' | 'settings' | 'many' | 'rescan' | 'delete' | null

const COLUMNS: Column<BankEntry>[] = [
  { name: 'value', title: 'Entry', wide: true, cell: (e) => <code class="value short" title={e.value}>{e.value}{e.cut ? '…' : ''}</code> },
  { name: 'form', title: 'Form', small: 'hide', cell: (e) => e.form },
  { name: 'note', title: 'Note', small: 'hide', cell: (e) => e.note ?? '' },
  { name: 'from', title: 'From', small: 'hide', cell: (e) => [e.provenance?.exchange, e.provenance?.member, e.provenance?.record].filter(Boolean).join(' / ') },
  { name: 'added', title: 'Added', cell: (e) => <><Ago time={e.added_at} />{e.added_by ? <span class="quiet"> by {e.added_by}</span> : null}</> },
  { name: 'off', title: 'State', untitled: true, cell: (e) => <StateTag of={e} /> },
]

function settings(b: Bank): [string, preact.ComponentChildren][] {
  const percentOf = (n: number) => (n ? `${n} %` : 'as usual')
  return [
    ['Holds', BANK_KIND[b.kind]],
    ['Policy', b.policy],
    ['Source', b.source],
    ['Classification', b.classification ?? 'none'],
    ['Direction', BANK_DIRECTION[b.direction]],
    ...(isNear(b.kind) ? [['Distance', String(b.distance)] as [string, string]] : []),
    ...(isTimed(b.kind) ? [['Must match', `${percentOf(b.share_query)} of the item, ${percentOf(b.share_known)} of the entry`] as [string, string]] : []),
    ...(b.kind === 'pdq' ? [['Turned copies', b.turned ? 'found too' : 'not looked for'] as [string, string]] : []),
    ['Share of traffic', percent(b.share)],
    ['Brake', b.brake ? 'on' : 'off'],
    ['Entries', count(b.entries)],
    ...(b.compared === null ? [] : [['Published before', b.compared === 100 ? 'compared with all of it' : `matched against what was published before: ${b.compared} %`] as [string, string]]),
    ['Matches', `${count(b.matches_24h)} in 24 h, ${count(b.matches_7d)} in 7 days`],
    ['State', b.enabled ? 'in use' : 'off: nothing is compared with it'],
    ['Changed', <Ago time={b.changed_at} />],
  ]
}

export function BankScreen({ id }: { id: string }) {
  const query = (name: string) => place.value.query.get(name) ?? ''
  const filter = { q: query('q'), exchange: query('exchange'), member: query('member'), record: query('record'), state: query('state') }
  const cursor = place.value.query.get('from')
  const { data, error, reload, put } = useLoad(`${id} ${JSON.stringify(filter)} ${cursor}`, () => get<BankPage>(['banks', id], { ...filter, cursor }))
  const open = useSignal<Open>(null)
  const entry = useSignal<BankEntry | null>(null)
  const undo = useSignal<{ text: string; verb: string; run: () => Promise<unknown> } | null>(null) // of the last change of one entry
  const turn = useSignal(0) // rises when a dialog may have changed what is under way
  const problem = useSignal<unknown>(null)
  const search = useRef<HTMLInputElement>(null)
  const b = data?.bank
  const lead = may.lead.value
  const attempt = (work: Promise<unknown>) => void work.then(() => { problem.value = null; reload() }, (e: unknown) => { problem.value = e })
  const show = (what: Open) => { open.value = what }
  const shut = () => { open.value = null; turn.value++; reload() }
  useCommands({ 'list.new': lead && b ? () => show('add') : null, 'list.filter': () => search.current?.focus() })
  const looking = Object.values(filter).some(Boolean)
  return (
    <main class="screen">
      <Title aside={b && lead ? <><Button onClick={() => show('import')}>Import</Button> <Button onClick={() => show('export')}>Export</Button> <Button kind="main" command="list.new" onClick={() => show('add')}>Add an entry</Button></> : null}>Bank {b?.name ?? ''} {b ? <BankTags of={b} /> : null}</Title>
      <ErrorNote error={error ?? problem.value} retry={reload} />
      {b ? (
        <>
          {b.idle ? <p class="notice warn"><span>No rule in force names this bank: what matches it is noted, and nothing comes of it. Add a rule with the condition <code>{b.kind === 'text' ? `text.in_list("${b.name}")` : `media.exists(m, m.in_bank("${b.name}"))`}</code>; what matched until then is judged again by itself.</span></p> : null}
          <Facts rows={settings(b)} />
          <JudgedAgain id={id} stamp={turn.value} />
          {lead ? (
            <p class="row">
              <Button onClick={() => show('settings')}>Settings</Button>
              <Button onClick={() => attempt(call<Bank>('PATCH', ['banks', id], { enabled: !b.enabled }).then((bank) => data && put({ ...data, bank })))}>{b.enabled ? 'Switch the bank off' : 'Switch the bank on'}</Button>
              <Button onClick={() => show('many')}>Change many entries</Button>
              <Button onClick={() => show('rescan')}>Judge again</Button>
              <Button kind="danger" onClick={() => show('delete')}>Delete the bank</Button>
            </p>
          ) : null}
          <Find of={filter} input={search} />
          {undo.value ? <p class="undo-line" role="status">{undo.value.text} <Button onClick={() => { const u = undo.value; undo.value = null; if (u) attempt(u.run()) }}>{undo.value.verb}</Button></p> : null}
          {data.entries.length
            ? <Table label="Entries" rows={data.entries} columns={COLUMNS} id={(e) => e.id} pick={(e) => { entry.value = e }} />
            : <Empty title={looking ? (data.next ? 'Nothing in this part.' : 'Nothing is like that.') : 'The bank is empty.'}><p>{looking ? (data.next ? 'There is more to look through.' : 'Hashes and notes are looked for by their beginning, records whole; terms by any part.') : 'Import a file, or add entries from decisions.'}</p></Empty>}
          <p class="row">{cursor ? <Button onClick={() => setQuery({ from: null })}>Back to the beginning</Button> : null} {data.next ? <Button onClick={() => setQuery({ from: data.next })}>More entries</Button> : null}</p>
          <History id={id} stamp={b.changed_at} />
          {entry.value ? <EntryDialog key={entry.value.id} bank={b} entry={entry.value} changed={reload} removed={(e) => { undo.value = e.cut ? null : { text: 'Removed from the bank.', verb: 'Put it back', run: () => call('POST', ['banks', id, 'entries'], asNew(e)).then(() => say('It is back.')) }; reload() }} close={() => { entry.value = null }} /> : null}
          {open.value === 'add' ? <AddEntry bank={b} added={(e) => { undo.value = e.fresh ? { text: 'Added to the bank.', verb: 'Take it out again', run: () => takeOut(b, [e]).then(() => say('It is out again.')) } : null }} close={shut} /> : null}
          {open.value === 'import' ? <ImportFile bank={b} close={shut} /> : null}
          {open.value === 'export' ? <BankExport bank={b} close={shut} /> : null}
          {open.value === 'settings' ? <BankDialog bank={b} done={shut} close={() => show(null)} /> : null}
          {open.value === 'many' ? <BankMany bank={b} from={filter} close={shut} /> : null}
          {open.value === 'rescan' ? <BankRescan bank={b} close={shut} /> : null}
          {open.value === 'delete' ? <DeleteBank bank={b} close={() => show(null)} /> : null}
        </>
      ) : null}
    </main>
  )
}

function Find({ of: f, input }: { of: Record<'q' | 'exchange' | 'member' | 'record' | 'state', string>; input: preact.RefObject<HTMLInputElement | null> }) {
  const set = (name: string) => (e: { currentTarget: { value: string } }) => setQuery({ [name]: e.currentTarget.value.trim(), from: null })
  return (
    <form class="bank-filters" role="search" onSubmit={(e) => e.preventDefault()}>
      <Field label="Look for"><input ref={input} type="search" placeholder="value, note, record or id" value={f.q} onChange={set('q')} /></Field>
      <Field label="State"><select value={f.state} onChange={set('state')}><option value="">any</option>{(Object.keys(ENTRY_STATE) as EntryState[]).map((s) => <option key={s} value={s}>{ENTRY_STATE[s]}</option>)}</select></Field>
      <Field label="Exchange"><input value={f.exchange} onChange={set('exchange')} /></Field>
      <Field label="Member"><input value={f.member} onChange={set('member')} /></Field>
    </form>
  )
}

const HISTORY: Column<BankHistory['rows'][number]>[] = [
  { name: 'at', title: 'When', cell: (r) => <When time={r.at} /> },
  { name: 'who', title: 'Who', cell: (r) => r.who },
  { name: 'verb', title: 'What', cell: (r) => r.verb.replace(/^bank\./, '').replaceAll('_', ' ') },
  { name: 'detail', title: 'Detail', wide: true, cell: (r) => r.detail ?? '' },
]

function History({ id, stamp }: { id: string; stamp: string }) {
  const open = useSignal(false)
  return (
    <details class="history" onToggle={(e) => { open.value = e.currentTarget.open }}>
      <summary>What was done to this bank</summary>
      {open.value ? <Rows id={id} stamp={stamp} /> : null}
    </details>
  )
}

function Rows({ id, stamp }: { id: string; stamp: string }) {
  const { data, error, reload } = useLoad(`${id} ${stamp}`, () => get<BankHistory>(['banks', id, 'history']))
  return (
    <>
      <ErrorNote error={error} retry={reload} />
      {data ? <Table label="History" rows={data.rows} columns={HISTORY} id={(r) => r.id} /> : null}
    </>
  )
}

function DeleteBank({ bank, close }: { bank: Bank; close: () => void }) {
  const typed = useSignal('')
  const problem = useSignal<unknown>(null)
  const send = () => void call('DELETE', ['banks', bank.id], { confirm: typed.value.trim() }).then(() => { say(`The bank ${bank.name} was deleted.`); go(href('banks')) }, (e: unknown) => { problem.value = e })
  return (
    <Dialog title={`Delete ${bank.name}`} close={close}>
      <form onSubmit={(e) => { e.preventDefault(); send() }}>
        <p>Its {count(bank.entries)} entries match nothing from then on and are removed for good. What was found with them keeps its record. To stop using it for a while, switch it off instead.</p>
        <Field label={`Type its name: ${bank.name}`}><input required autocomplete="off" spellcheck={false} value={typed.value} onInput={(e) => { typed.value = e.currentTarget.value }} /></Field>
        <ErrorNote error={problem.value} />
        <Button type="submit" kind="danger" disabled={typed.value.trim() !== bank.name} onClick={() => undefined}>Delete the bank</Button>
      </form>
    </Dialog>
  )
}
