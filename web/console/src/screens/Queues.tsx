// All queues: what waits, how grave, and what is late.
import { useEffect } from 'preact/hooks'
import type { Queue, Queues as Answer } from '../api.ts'
import { count, SEVERITIES } from '../app/format.ts'
import { get } from '../app/http.ts'
import { href, Link } from '../app/router.tsx'
import { counters, may } from '../app/state.ts'
import { Ago, Empty, ErrorNote, Left, SeverityMark, Tag, Title } from '../ui/basic.tsx'
import { useLoad } from '../ui/load.ts'
import { type Column, Table } from '../ui/table.tsx'

const figure = (n: number | null) => (n === null ? <span class="quiet">–</span> : count(n))

const COLUMNS: Column<Queue>[] = [
  { name: 'title', title: 'Queue', wide: true, by: (q) => q.title, cell: (q) => <>{q.open === null ? q.title : <Link to={href('queues', q.name)}>{q.title}</Link>}{q.mine ? null : <> <Tag tone="quiet" title="Your skills and grants do not cover it">{q.skills.length ? `needs ${q.skills.join(', ')}` : 'not yours'}</Tag></>}</> },
  ...SEVERITIES.map((s): Column<Queue> => ({ name: s, title: s, number: true, small: 'hide', by: (q) => q.by_severity[s] ?? -1, cell: (q) => (q.by_severity[s] ? <><SeverityMark of={s} bare /> {count(q.by_severity[s] ?? 0)}</> : <span class="quiet">–</span>) })),
  { name: 'open', title: 'Waiting', number: true, by: (q) => q.open ?? -1, cell: (q) => figure(q.open) },
  { name: 'claimed', title: 'In work', number: true, small: 'hide', by: (q) => q.claimed ?? -1, cell: (q) => figure(q.claimed) },
  { name: 'late', title: 'Late', number: true, by: (q) => q.late ?? -1, cell: (q) => (q.late ? <strong class="late">{count(q.late)}</strong> : <span class="quiet">–</span>) },
  { name: 'clock', title: 'Next clock', small: 'hide', by: (q) => q.next_clock_at ?? '~', cell: (q) => (q.next_clock_at ? <Left clock={q.next_clock_at} /> : <span class="quiet">–</span>) },
  { name: 'oldest', title: 'Oldest', small: 'hide', by: (q) => q.oldest_at ?? '~', cell: (q) => (q.oldest_at ? <Ago time={q.oldest_at} /> : <span class="quiet">–</span>) },
]

export function Queues() {
  const live = Object.values(counters.value?.queues ?? {}).join()
  const { data, error, reload } = useLoad('queues', () => get<Answer>(['queues']))
  useEffect(() => { if (data) reload() }, [live])
  return (
    <main class="screen">
      <Title aside={may.review.value ? <Link class="button main" to={href('work')}>Work on the most urgent</Link> : null}>Queues</Title>
      <ErrorNote error={error} retry={reload} />
      {data && data.queues.length === 0 ? <Empty title="There are no queues yet."><p>A queue appears when a rule or the configuration names one: <code>case("name", severity)</code>.</p></Empty> : null}
      {data?.queues.length ? <Table label="Queues" rows={data.queues} columns={COLUMNS} id={(q) => q.name} open={(q) => href('queues', q.name)} /> : null}
    </main>
  )
}
