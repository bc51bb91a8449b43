// One queue, most urgent first.
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { CaseRow, CaseRows, Queues } from '../api.ts'
import { count } from '../app/format.ts'
import { get } from '../app/http.ts'
import { href, Link, place, setQuery } from '../app/router.tsx'
import { may } from '../app/state.ts'
import { Button, Empty, ErrorNote, Title } from '../ui/basic.tsx'
import { useLoad } from '../ui/load.ts'
import { Table } from '../ui/table.tsx'
import { CASE_COLUMNS } from './caseColumns.tsx'

const STATES = [['', 'waiting and in work'], ['open', 'waiting'], ['claimed', 'in work'], ['decided', 'decided']] as const

export function QueueScreen({ name }: { name: string }) {
  const state = place.value.query.get('state') ?? ''
  const { data, error, reload } = useLoad(`${name} ${state}`, () => get<CaseRows>(['queues', name, 'cases'], { state }))
  const queues = useLoad('queues', () => get<Queues>(['queues']))
  const title = queues.data?.queues.find((q) => q.name === name)?.title ?? name
  const more = useSignal<{ of: CaseRows; rows: CaseRow[]; next: string | null } | null>(null)
  const added = more.value && more.value.of === data ? more.value : null
  const rows = [...(data?.cases ?? []), ...(added?.rows ?? [])]
  const cursor = added ? added.next : data?.next ?? null
  const problem = useSignal<unknown>(null)
  useEffect(() => { more.value = null }, [name, state])
  const fetchMore = async () => {
    if (!data || !cursor) return
    try {
      const page = await get<CaseRows>(['queues', name, 'cases'], { state, cursor })
      more.value = { of: data, rows: [...(added?.rows ?? []), ...page.cases], next: page.next }
    } catch (e) {
      problem.value = e
    }
  }
  return (
    <main class="screen">
      <Title aside={may.review.value ? <Link class="button main" to={href('work') + `?queue=${encodeURIComponent(name)}`}>Work on this queue</Link> : null}>{title}</Title>
      <div class="filters" role="group" aria-label="Which cases">
        {STATES.map(([value, label]) => <Button key={value} kind="quiet" pressed={state === value} onClick={() => setQuery({ state: value })}>{label}</Button>)}
        <span class="quiet">{data ? `${count(data.total)} in all` : ''}</span>
      </div>
      <ErrorNote error={error ?? problem.value} retry={reload} />
      {data && !rows.length ? <Empty title={state === 'decided' ? 'Nothing has been decided here yet.' : 'Nothing waits in this queue.'}><p>Cases come here when a rule says so, when somebody flags an item under one of its policies, or when a colleague moves one here.</p></Empty> : null}
      {rows.length ? <Table label={`Cases in ${title}`} rows={rows} columns={CASE_COLUMNS} id={(c) => c.id} open={(c) => href('cases', c.id)} /> : null}
      {cursor ? <p><Button onClick={() => void fetchMore()}>Show more</Button> <span class="quiet">{count(rows.length)} shown</span></p> : null}
    </main>
  )
}
