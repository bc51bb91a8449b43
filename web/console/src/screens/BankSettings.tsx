// What a bank is, as fields: for a new one and for one that is there.
import { useSignal } from '@preact/signals'
import type { Bank, BankDirection, BankKind, BankSettings, NewBank, Policies } from '../api.ts'
import { call, Failure, get } from '../app/http.ts'
import { Button, ErrorNote, Field } from '../ui/basic.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { useLoad } from '../ui/load.ts'

export const BANK_KIND: Record<BankKind, string> = {
  pdq: 'similar pictures (PDQ)',
  digest: 'exact files (MD5, SHA-256)',
  text: 'words and phrases',
  video: 'similar videos (vPDQ)',
  sound: 'similar sounds (chromaprint)',
}
export const BANK_DIRECTION: Record<BankDirection, string> = {
  block: 'known to be harmful',
  allow: 'allow-list: known to be harmless',
}
/** Compared by distance. */
export const isNear = (kind: BankKind) => kind !== 'digest' && kind !== 'text'
/** Compared in parts. */
export const isTimed = (kind: BankKind) => isNear(kind) && kind !== 'pdq'

const FRESH: BankSettings = { name: '', policy: '', source: '', classification: null, direction: 'block', distance: 31, share: 1, share_query: 0, share_known: 0, turned: false, brake: true, enabled: true }

/** `bank` null: a new one. */
export function BankDialog({ bank, done, close }: { bank: Bank | null; done: (b: Bank) => void; close: () => void }) {
  const policies = useLoad('policies', () => get<Policies>(['policies']))
  const kind = useSignal<BankKind>(bank?.kind ?? 'pdq')
  const draft = useSignal<BankSettings>(bank ?? FRESH)
  const problem = useSignal<unknown>(null)
  const s = draft.value
  const set = (change: Partial<BankSettings>) => { draft.value = { ...draft.value, ...change } }
  const wrong = (field: string) => (problem.value instanceof Failure && problem.value.field === '/' + field ? problem.value.detail : null)
  const send = async () => {
    const { name, policy, source, classification, direction, distance, share, share_query, share_known, turned, brake } = draft.value
    const said = { name: name.trim(), policy, source: source.trim(), classification: classification?.trim() ?? '', direction, share, turned, brake, ...(isNear(kind.value) ? { distance } : {}), ...(isTimed(kind.value) ? { share_query, share_known } : {}) }
    try {
      done(bank ? await call<Bank>('PATCH', ['banks', bank.id], said) : await call<Bank>('POST', ['banks'], { ...said, kind: kind.value } satisfies NewBank))
    } catch (e) {
      problem.value = e
    }
  }
  return (
    <Dialog title={bank ? `Settings of ${bank.name}` : 'New bank'} close={close} wide>
      <form onSubmit={(e) => { e.preventDefault(); void send() }}>
        <div class="two-fields">
          <Field label="Name" help="Rules use it: media.exists(m, m.in_bank(&quot;name&quot;))" error={wrong('name')}><input required pattern="[A-Za-z0-9_.\-]{1,64}" title="Letters, digits, '-', '_' and '.'" value={s.name} onInput={(e) => set({ name: e.currentTarget.value })} /></Field>
          <Field label="Holds" error={wrong('kind')}>
            <select value={kind.value} disabled={bank !== null} onChange={(e) => { kind.value = e.currentTarget.value as BankKind }}>{Object.entries(BANK_KIND).map(([k, label]) => <option key={k} value={k}>{label}</option>)}</select>
          </Field>
          <Field label="Policy" error={wrong('policy')}>
            <select required value={s.policy} onChange={(e) => set({ policy: e.currentTarget.value })}>
              <option value="">Choose a policy</option>
              {(policies.data?.policies ?? []).map((p) => <option key={p.name} value={p.name}>{p.name}: {p.title}</option>)}
            </select>
          </Field>
          <Field label="Source" help="Who says so: an exchange, a partner, your own team" error={wrong('source')}><input required value={s.source} onInput={(e) => set({ source: e.currentTarget.value })} /></Field>
          <Field label="Direction" help="A match in an allow-list sets matches of other banks aside" error={wrong('direction')}>
            <select value={s.direction} onChange={(e) => set({ direction: e.currentTarget.value as BankDirection })}>{Object.entries(BANK_DIRECTION).map(([k, label]) => <option key={k} value={k}>{label}</option>)}</select>
          </Field>
          <Field label="Classification" help="Of entries that say none themselves, such as A1" error={wrong('classification')}><input maxLength={64} value={s.classification ?? ''} onInput={(e) => set({ classification: e.currentTarget.value })} /></Field>
          {isNear(kind.value) ? <Field label="Distance" help="How many of 256 bits may differ; 31 is usual, 0 means the same picture" error={wrong('distance')}><input type="number" required min={0} max={63} value={s.distance} onInput={(e) => set({ distance: Number(e.currentTarget.value) })} /></Field> : null}
          <Field label="Share of traffic" help="Percent of the items that it applies to; the same items each time" error={wrong('share')}><input type="number" required min={0.1} max={100} step={0.1} value={Math.round(s.share * 1000) / 10} onInput={(e) => set({ share: Number(e.currentTarget.value) / 100 })} /></Field>
          {isTimed(kind.value) ? <Field label="Percent of the item" help="That must match; 0: as usual for the kind" error={wrong('share_query')}><input type="number" required min={0} max={100} value={s.share_query} onInput={(e) => set({ share_query: Number(e.currentTarget.value) })} /></Field> : null}
          {isTimed(kind.value) ? <Field label="Percent of the entry" help="That must match; 0: as usual for the kind" error={wrong('share_known')}><input type="number" required min={0} max={100} value={s.share_known} onInput={(e) => set({ share_known: Number(e.currentTarget.value) })} /></Field> : null}
        </div>
        {kind.value === 'pdq' ? <label class="check"><input type="checkbox" checked={s.turned} onChange={(e) => set({ turned: e.currentTarget.checked })} /> Find mirrored and turned copies too</label> : null}
        <label class="check"><input type="checkbox" checked={s.brake} onChange={(e) => set({ brake: e.currentTarget.checked })} /> An entry that suddenly matches too much goes to people only, and an alarm says so</label>
        <ErrorNote error={problem.value} />
        <Button type="submit" kind="main" onClick={() => undefined}>{bank ? 'Store the settings' : 'Create the bank'}</Button>
      </form>
    </Dialog>
  )
}
