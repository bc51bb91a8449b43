// How cases stand in lists.
import type { CaseRow } from '../api.ts'
import { clause, count, SEVERITIES, short, words } from '../app/format.ts'
import { href, Link } from '../app/router.tsx'
import { Ago, Left, SeverityMark, Tag, TestMark } from '../ui/basic.tsx'
import type { Column } from '../ui/table.tsx'
import { LiveMark } from '../work/Stream.tsx'

export const CASE_COLUMNS: Column<CaseRow>[] = [
  { name: 'severity', title: 'Severity', by: (c) => SEVERITIES.indexOf(c.severity), cell: (c) => <SeverityMark of={c.severity} /> },
  { name: 'because', title: 'Because', wide: true, cell: (c) => <><Link to={href('cases', c.id)}>{clause(c.because) || short(c.id)}</Link> <LiveMark state={c.stream} since={c.stream_since} /> <TestMark live={c.live} /></> },
  { name: 'subject', title: 'About', small: 'hide', by: (c) => c.subject.id, cell: (c) => <span>{words(c.subject.item_kind ?? c.subject.kind)} <Link to={href(c.subject.kind === 'item' ? 'items' : 'accounts', c.platform, c.subject.id)}>{c.subject.id}</Link></span> },
  { name: 'reach', title: 'Views', number: true, small: 'hide', by: (c) => c.reach, cell: (c) => count(c.reach) },
  { name: 'flags', title: 'Flags', number: true, small: 'hide', by: (c) => c.flags, cell: (c) => (c.flags ? count(c.flags) : <span class="quiet">–</span>) },
  { name: 'clock', title: 'Clock', by: (c) => c.clock_at ?? '~', cell: (c) => (c.state === 'open' || c.state === 'claimed' ? <Left clock={c.clock_at} /> : <Tag tone="quiet">{c.state}</Tag>) },
  { name: 'opened', title: 'Opened', small: 'hide', by: (c) => c.opened_at, cell: (c) => <Ago time={c.opened_at} /> },
  { name: 'who', title: 'With', small: 'hide', by: (c) => c.claimed_by ?? '', cell: (c) => (c.claimed_by ? <span title="is working on it">{c.claimed_by}</span> : <span class="quiet">–</span>) },
]

/** Where what it is about is on the page already. */
export const FEW_CASE_COLUMNS = CASE_COLUMNS.filter((c) => ['severity', 'because', 'clock', 'opened'].includes(c.name))
