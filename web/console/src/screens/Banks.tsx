// All banks: lists of known hashes and terms, with the policy that each stands for.
import { useSignal } from '@preact/signals'
import type { Bank, BankKind, Banks as Answer, NewBank, Policies } from '../api.ts'
import { count } from '../app/format.ts'
import { call, Failure, get } from '../app/http.ts'
import { useCommands } from '../app/keys.ts'
import { go, href, Link } from '../app/router.tsx'
import { may } from '../app/state.ts'
import { Ago, Button, Empty, ErrorNote, Field, Tag, Title } from '../ui/basic.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { useLoad } from '../ui/load.ts'
import { type Column, Table } from '../ui/table.tsx'

export const BANK_KIND: Record<BankKind, string> = { pdq: 'similar pictures (PDQ)', digest: 'exact files (MD5, SHA-256)', text: 'words and phrases', video: 'similar videos (vPDQ)', sound: 'similar sounds (chromaprint)' }

const COLUMNS: Column<Bank>[] = [
  { name: 'name', title: 'Bank', wide: true, by: (b) => b.name, cell: (b) => <><Link to={href('banks', b.id)}>{b.name}</Link> {b.enabled ? null : <Tag tone="warn">off</Tag>}</> },
  { name: 'kind', title: 'Holds', small: 'hide', by: (b) => b.kind, cell: (b) => BANK_KIND[b.kind] },
  { name: 'policy', title: 'Policy', by: (b) => b.policy, cell: (b) => b.policy },
  { name: 'source', title: 'Source', small: 'hide', by: (b) => b.source, cell: (b) => b.source },
  { name: 'distance', title: 'Distance', number: true, small: 'hide', by: (b) => b.distance, cell: (b) => (b.kind === 'pdq' ? b.distance : <span class="quiet">–</span>) },
  { name: 'entries', title: 'Entries', number: true, by: (b) => b.entries, cell: (b) => count(b.entries) },
  { name: 'matches', title: 'Matches in 7 d', number: true, by: (b) => b.matches_7d, cell: (b) => (b.matches_7d ? count(b.matches_7d) : <span class="quiet">–</span>) },
  { name: 'created', title: 'Created', small: 'hide', by: (b) => b.created_at, cell: (b) => <Ago time={b.created_at} /> },
]

export function Banks() {
  const { data, error, reload } = useLoad('banks', () => get<Answer>(['banks']))
  const open = useSignal(false)
  const create = () => { open.value = true }
  useCommands({ 'list.new': may.lead.value ? create : null })
  return (
    <main class="screen">
      <Title aside={may.lead.value ? <Button kind="main" command="list.new" onClick={create}>New bank</Button> : null}>Banks</Title>
      <ErrorNote error={error} retry={reload} />
      {data && !data.banks.length ? <Empty title="There are no banks yet."><p>A bank holds hashes of known pictures, or words and phrases, under one policy. Create one, then import a file into it.</p></Empty> : null}
      {data?.banks.length ? <Table label="Banks" rows={data.banks} columns={COLUMNS} id={(b) => b.id} open={(b) => href('banks', b.id)} /> : null}
      {open.value ? <CreateBank close={() => { open.value = false }} /> : null}
    </main>
  )
}

function CreateBank({ close }: { close: () => void }) {
  const policies = useLoad('policies', () => get<Policies>(['policies']))
  const bank = useSignal<NewBank>({ name: '', kind: 'pdq', policy: '', source: '', distance: 31 })
  const problem = useSignal<unknown>(null)
  const set = (change: Partial<NewBank>) => { bank.value = { ...bank.value, ...change } }
  const b = bank.value
  const wrong = (field: string) => (problem.value instanceof Failure && problem.value.field === '/' + field ? problem.value.detail : null)
  const send = async () => {
    try {
      const made = await call<Bank>('POST', ['banks'], { ...b, name: b.name.trim(), source: b.source.trim(), distance: b.kind === 'pdq' ? b.distance : null } satisfies NewBank)
      close()
      go(href('banks', made.id))
    } catch (e) {
      problem.value = e
    }
  }
  return (
    <Dialog title="New bank" close={close}>
      <form onSubmit={(e) => { e.preventDefault(); void send() }}>
        <Field label="Name" help="Rules use it: media.exists(m, m.in_bank(&quot;name&quot;))" error={wrong('name')}><input required pattern="[a-z0-9][a-z0-9_\-]{0,62}" title="Small letters, digits and hyphens" value={b.name} onInput={(e) => set({ name: e.currentTarget.value })} /></Field>
        <Field label="Holds" error={wrong('kind')}>
          <select value={b.kind} onChange={(e) => set({ kind: e.currentTarget.value as BankKind })}>{Object.entries(BANK_KIND).map(([kind, label]) => <option key={kind} value={kind}>{label}</option>)}</select>
        </Field>
        <Field label="Policy" error={wrong('policy')}>
          <select required value={b.policy} onChange={(e) => set({ policy: e.currentTarget.value })}>
            <option value="">Choose a policy</option>
            {(policies.data?.policies ?? []).map((p) => <option key={p.name} value={p.name}>{p.name}: {p.title}</option>)}
          </select>
        </Field>
        <Field label="Source" help="Who says so: an exchange, a partner, your own team" error={wrong('source')}><input required value={b.source} onInput={(e) => set({ source: e.currentTarget.value })} /></Field>
        {b.kind === 'pdq' ? <Field label="Distance" help="How many of 256 bits may differ; 31 is usual, 0 means the same picture" error={wrong('distance')}><input type="number" min={0} max={128} value={b.distance ?? 31} onInput={(e) => set({ distance: Number(e.currentTarget.value) })} /></Field> : null}
        <ErrorNote error={problem.value} />
        <Button type="submit" kind="main" onClick={() => undefined}>Create the bank</Button>
      </form>
    </Dialog>
  )
}
