// All banks: lists of known hashes and terms, with the policy that each stands for.
import { useSignal } from '@preact/signals'
import type { Bank, Banks as Answer } from '../api.ts'
import { count, percent } from '../app/format.ts'
import { get } from '../app/http.ts'
import { useCommands } from '../app/keys.ts'
import { go, href, Link } from '../app/router.tsx'
import { may } from '../app/state.ts'
import { Ago, Button, Empty, ErrorNote, Tag, Title } from '../ui/basic.tsx'
import { useLoad } from '../ui/load.ts'
import { type Column, Table } from '../ui/table.tsx'
import { BANK_KIND, BankDialog, isNear } from './BankSettings.tsx'

const figure = (n: number) => (n ? count(n) : <span class="quiet">–</span>)

export function BankTags({ of: b }: { of: Bank }) {
  return <>{b.enabled ? null : <Tag tone="warn">off</Tag>} {b.direction === 'allow' ? <Tag>allow-list</Tag> : null} {b.idle ? <Tag tone="warn">in no rule</Tag> : null}</>
}

const COLUMNS: Column<Bank>[] = [
  { name: 'name', title: 'Bank', wide: true, by: (b) => b.name, cell: (b) => <><Link to={href('banks', b.id)}>{b.name}</Link> <BankTags of={b} /></> },
  { name: 'kind', title: 'Holds', small: 'hide', by: (b) => b.kind, cell: (b) => BANK_KIND[b.kind] },
  { name: 'policy', title: 'Policy', by: (b) => b.policy, cell: (b) => b.policy },
  { name: 'source', title: 'Source', small: 'hide', by: (b) => b.source, cell: (b) => b.source },
  { name: 'distance', title: 'Distance', number: true, small: 'hide', by: (b) => b.distance, cell: (b) => (isNear(b.kind) ? b.distance : <span class="quiet">–</span>) },
  { name: 'share', title: 'Share', number: true, small: 'hide', by: (b) => b.share, cell: (b) => percent(b.share) },
  { name: 'entries', title: 'Entries', number: true, by: (b) => b.entries, cell: (b) => count(b.entries) },
  { name: 'day', title: 'Matches 24 h', number: true, small: 'hide', by: (b) => b.matches_24h, cell: (b) => figure(b.matches_24h) },
  { name: 'matches', title: '7 d', number: true, by: (b) => b.matches_7d, cell: (b) => figure(b.matches_7d) },
  { name: 'changed', title: 'Changed', small: 'hide', by: (b) => b.changed_at, cell: (b) => <Ago time={b.changed_at} /> },
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
      {open.value ? <BankDialog bank={null} done={(b) => go(href('banks', b.id))} close={() => { open.value = false }} /> : null}
    </main>
  )
}
