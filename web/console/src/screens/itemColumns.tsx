// How items stand in lists.
import type { ItemRow, Verdict } from '../api.ts'
import { words } from '../app/format.ts'
import { href, Link } from '../app/router.tsx'
import { Ago, Tag, TestMark } from '../ui/basic.tsx'
import type { Column } from '../ui/table.tsx'

const TONE: Record<Verdict, 'good' | 'bad' | 'warn' | 'quiet'> = { allow: 'quiet', review: 'warn', withhold: 'bad', block: 'bad' }
export function VerdictMark({ of }: { of: Verdict | null }) {
  return of ? <Tag tone={TONE[of]}>{of}</Tag> : <span class="quiet">no verdict yet</span>
}

export const ITEM_COLUMNS: Column<ItemRow>[] = [
  { name: 'id', title: 'Item', wide: true, by: (i) => i.id, cell: (i) => <><Link to={href('items', i.platform, i.id)}>{i.id}</Link>{i.version > 1 ? <span class="quiet"> version {i.version}</span> : null} <TestMark live={i.live} /></> },
  { name: 'kind', title: 'Kind', by: (i) => i.kind, cell: (i) => words(i.kind) },
  { name: 'account', title: 'Account', small: 'hide', by: (i) => i.account ?? '', cell: (i) => (i.account ? <Link to={href('accounts', i.platform, i.account)}>{i.account}</Link> : '–') },
  { name: 'media', title: 'Pictures', number: true, small: 'hide', by: (i) => i.media, cell: (i) => (i.media ? i.media : <span class="quiet">–</span>) },
  { name: 'state', title: 'State', small: 'hide', by: (i) => i.state, cell: (i) => i.state },
  { name: 'verdict', title: 'Verdict', by: (i) => i.verdict ?? '', cell: (i) => <VerdictMark of={i.verdict} /> },
  { name: 'received', title: 'Received', by: (i) => i.received_at, cell: (i) => <Ago time={i.received_at} /> },
]
