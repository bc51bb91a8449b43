// One entry of a bank: adding one by hand; all that is known of one, changing, disabling and removing it.
import { useSignal } from '@preact/signals'
import type { AddedEntry, Bank, BankEntry, BankKind, EntryChange, EntryForm, EntryState, NewEntry } from '../api.ts'
import { when } from '../app/format.ts'
import { call } from '../app/http.ts'
import { may } from '../app/state.ts'
import { Ago, Button, ErrorNote, Facts, Field, Id, Tag, When } from '../ui/basic.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { say } from '../ui/status.tsx'
import { AddFiles } from './AddFiles.tsx'

export const FORMS: Record<BankKind, EntryForm[]> = { pdq: ['pdq'], digest: ['md5', 'sha256'], text: ['phrase', 'word', 'regex'], video: ['vpdq'], sound: ['chromaprint'] }
export const ENTRY_STATE: Record<EntryState, string> = { live: 'in force', review_only: 'people only', off: 'off', expired: 'expired' }

export function StateTag({ of: e }: { of: BankEntry }) {
  if (e.state === 'live') return null
  const until = e.state === 'off' && e.disabled_until ? <> until <When time={e.disabled_until} /></> : null
  return <Tag tone="warn">{ENTRY_STATE[e.state]}{until}</Tag>
}

/** The entry again as it was, to put it back. */
export function asNew(e: BankEntry): NewEntry {
  return { form: e.form, value: e.value, note: e.note, classification: e.classification, provenance: e.provenance, expires_at: e.expires_at, disabled_until: e.disabled_until, enabled: e.enabled, review_only: e.review_only }
}

/** What came of adding: what is there already may last longer now. */
export function added(e: AddedEntry, bank: string): string {
  if (!e.extended) return `Added to ${bank}.`
  return `${bank} held it already; it lasts longer now: ${e.expires_at ? `until ${when(e.expires_at)}` : 'for good'}.`
}

type Way = 'value' | 'files'

/** By hand, or from files. */
export function AddEntry({ bank, added: told, close }: { bank: Bank; added: (e: AddedEntry) => void; close: () => void }) {
  const way = useSignal<Way>('value')
  return (
    <Dialog title={`Add to ${bank.name}`} close={close} wide={way.value === 'files'}>
      {bank.kind === 'text' ? null : (
        <fieldset class="ways-of-adding">
          <legend class="hidden">What to add</legend>
          {([['value', bank.kind === 'digest' ? 'A digest' : bank.kind === 'pdq' ? 'A hash' : 'Hashes'], ['files', 'Files']] as [Way, string][]).map(([k, label]) => (
            <label key={k} class="check"><input type="radio" name="way" checked={way.value === k} onChange={() => { way.value = k }} /> {label}</label>
          ))}
        </fieldset>
      )}
      {way.value === 'files' ? <AddFiles bank={bank} close={close} /> : <AddValue bank={bank} told={told} close={close} />}
    </Dialog>
  )
}

function AddValue({ bank, told, close }: { bank: Bank; told: (e: AddedEntry) => void; close: () => void }) {
  const form = useSignal<EntryForm>(FORMS[bank.kind][0]!)
  const draft = useSignal({ value: '', note: '', classification: '', expires: '' })
  const problem = useSignal<unknown>(null)
  const d = draft.value
  const set = (change: Partial<typeof d>) => { draft.value = { ...draft.value, ...change } }
  const send = () => {
    const entry: NewEntry = { value: d.value.trim(), note: d.note.trim() || null, classification: d.classification.trim() || null, expires_at: d.expires ? `${d.expires}T00:00:00Z` : null, ...(bank.kind === 'text' ? { form: form.value } : {}) }
    return call<AddedEntry>('POST', ['banks', bank.id, 'entries'], entry).then((e) => { say(added(e, bank.name)); told(e); close() }, (e: unknown) => { problem.value = e })
  }
  return (
    <form onSubmit={(e) => { e.preventDefault(); void send() }}>
      {bank.kind === 'text' ? <Field label="Form"><select value={form.value} onChange={(e) => { form.value = e.currentTarget.value as EntryForm }}>{FORMS[bank.kind].map((f) => <option key={f}>{f}</option>)}</select></Field> : null}
      <Field label={bank.kind === 'text' ? 'Word, phrase or pattern' : 'Hash'}><input required value={d.value} spellcheck={false} onInput={(e) => set({ value: e.currentTarget.value })} /></Field>
      <Field label="Note"><input value={d.note} maxLength={300} onInput={(e) => set({ note: e.currentTarget.value })} /></Field>
      <Field label="Classification"><input value={d.classification} maxLength={64} onInput={(e) => set({ classification: e.currentTarget.value })} /></Field>
      <Field label="Expires" help="From this day on it matches nothing (UTC)"><input type="date" value={d.expires} onInput={(e) => set({ expires: e.currentTarget.value })} /></Field>
      <ErrorNote error={problem.value} />
      <Button type="submit" kind="main" onClick={() => undefined}>Add</Button>
    </form>
  )
}

function facts(e: BankEntry): [string, preact.ComponentChildren][] {
  const p = e.provenance ?? {}
  const rows: [string, preact.ComponentChildren][] = [
    ['Entry', <code class="value">{e.value}{e.cut ? '…' : ''}</code>],
    ['Form', e.form],
    ['State', e.state === 'live' ? ENTRY_STATE.live : <StateTag of={e} />],
    ['Added', <><Ago time={e.added_at} />{e.added_by ? ` by ${e.added_by}` : ''}</>],
  ]
  if (p.exchange) rows.push(['Exchange', p.exchange])
  if (p.record) rows.push(['Record', p.record])
  if (p.member) rows.push(['Member', p.member])
  if (p.tags?.length) rows.push(['Tags', p.tags.join(', ')])
  if (p.decision) rows.push(['Decision', <Id id={p.decision} />])
  if (p.url) rows.push(['Address', p.url])
  return rows
}

const day = (time: string | null) => time?.slice(0, 10) ?? ''

export function EntryDialog({ bank, entry: e, changed, removed, close }: { bank: Bank; entry: BankEntry; changed: () => void; removed: (e: BankEntry) => void; close: () => void }) {
  const draft = useSignal({ note: e.note ?? '', classification: e.classification ?? '', expires: day(e.expires_at), until: '' })
  const problem = useSignal<unknown>(null)
  const d = draft.value
  const set = (change: Partial<typeof d>) => { draft.value = { ...draft.value, ...change } }
  const path = ['banks', bank.id, 'entries', e.id]
  const change = (what: EntryChange) => void call<BankEntry>('PATCH', path, what).then(() => { changed(); close() }, (x: unknown) => { problem.value = x })
  const store = () => change({ note: d.note.trim(), classification: d.classification.trim(), ...(d.expires === day(e.expires_at) ? {} : { expires_at: d.expires || 'never' }) })
  const remove = () => void call('DELETE', path).then(() => { removed(e); close() }, (x: unknown) => { problem.value = x })
  return (
    <Dialog title={`Entry of ${bank.name}`} close={close} wide>
      <Facts rows={facts(e)} />
      {may.lead.value ? (
        <form onSubmit={(x) => { x.preventDefault(); store() }}>
          <div class="two-fields">
            <Field label="Note"><input value={d.note} maxLength={300} onInput={(x) => set({ note: x.currentTarget.value })} /></Field>
            <Field label="Classification"><input value={d.classification} maxLength={64} onInput={(x) => set({ classification: x.currentTarget.value })} /></Field>
            <Field label="Expires" help="From this day on it matches nothing (UTC)"><input type="date" value={d.expires} onInput={(x) => set({ expires: x.currentTarget.value })} /></Field>
            <Field label="Off until" help="Empty: until somebody enables it"><input type="date" value={d.until} onInput={(x) => set({ until: x.currentTarget.value })} /></Field>
          </div>
          <ErrorNote error={problem.value} />
          <div class="row">
            <Button type="submit" kind="main" onClick={() => undefined}>Store</Button>
            <Button onClick={() => change(d.until ? { disabled_until: d.until } : { enabled: false })}>{e.state === 'off' ? 'Off until that day' : 'Disable'}</Button>
            {e.state === 'off' ? <Button onClick={() => change({ enabled: true })}>Enable</Button> : null}
            {e.review_only ? <Button onClick={() => change({ restore: true })}>Let it count in full again</Button> : null}
            <Button kind="danger" onClick={remove}>Remove</Button>
          </div>
        </form>
      ) : null}
    </Dialog>
  )
}
