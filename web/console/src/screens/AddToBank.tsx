// Puts what an item shows or says into a bank, so that the next one like it is found.
import { useSignal } from '@preact/signals'
import type { AddedEntry, Banks, Item, NewEntry } from '../api.ts'
import { call, get } from '../app/http.ts'
import { Button, ErrorNote, Field } from '../ui/basic.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { useLoad } from '../ui/load.ts'
import { added } from './BankEntry.tsx'
import { BANK_KIND } from './BankSettings.tsx'
import { say } from '../ui/status.tsx'

export function AddToBank({ item, caseId, decision, close }: { item: Item; caseId: string | null; decision: string | null; close: () => void }) {
  const { data, error } = useLoad('banks', () => get<Banks>(['banks']))
  const bank = useSignal('')
  const media = useSignal(item.media[0]?.id ?? '')
  const phrase = useSignal('')
  const note = useSignal('')
  const problem = useSignal<unknown>(null)
  const chosen = data?.banks.find((b) => b.id === bank.value)
  const send = async () => {
    const said = note.value.trim() || null
    const entry: NewEntry = chosen?.kind === 'text'
      ? { form: 'phrase', value: phrase.value.trim(), note: said, decision }
      : { media: media.value, case: caseId, note: said, decision }
    try {
      say(added(await call<AddedEntry>('POST', ['banks', bank.value, 'entries'], entry), chosen?.name ?? 'The bank'))
      close()
    } catch (e) {
      problem.value = e
    }
  }
  const ready = chosen && (chosen.kind === 'text' ? phrase.value.trim() : media.value)
  return (
    <Dialog title="Add to a bank" close={close}>
      <form onSubmit={(e) => { e.preventDefault(); if (ready) void send() }}>
        <Field label="Bank">
          <select value={bank.value} onChange={(e) => { bank.value = e.currentTarget.value }}>
            <option value="">Choose a bank</option>
            {(data?.banks ?? []).filter((b) => b.kind === 'text' || item.media.length).map((b) => <option key={b.id} value={b.id}>{b.name} ({BANK_KIND[b.kind]})</option>)}
          </select>
        </Field>
        {chosen?.kind === 'text' ? <Field label="Word or phrase" help="As it stands in the text; case and look-alike letters do not matter."><input value={phrase.value} onInput={(e) => { phrase.value = e.currentTarget.value }} /></Field> : null}
        {chosen && chosen.kind !== 'text' && item.media.length > 1 ? (
          <Field label="Picture">
            <select value={media.value} onChange={(e) => { media.value = e.currentTarget.value }}>{item.media.map((m, i) => <option key={m.id} value={m.id}>Picture {i + 1}</option>)}</select>
          </Field>
        ) : null}
        <Field label="Note"><input value={note.value} maxLength={300} onInput={(e) => { note.value = e.currentTarget.value }} /></Field>
        <ErrorNote error={error ?? problem.value} />
        <Button type="submit" kind="main" disabled={!ready} onClick={() => undefined}>Add</Button>
      </form>
    </Dialog>
  )
}
