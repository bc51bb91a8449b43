// First figures, as tables: by policy, and where everything stands.
import type { Figures as Answer } from '../api.ts'
import { count, seconds, words } from '../app/format.ts'
import { get } from '../app/http.ts'
import { place, setQuery } from '../app/router.tsx'
import { Button, Empty, ErrorNote, Facts, Title, When } from '../ui/basic.tsx'
import { useLoad } from '../ui/load.ts'
import { type Column, Table } from '../ui/table.tsx'
import { deliveryWord } from './Deliveries.tsx'

type Row = Answer['policies'][number]
const number = (name: keyof Row, title: string, small?: 'hide'): Column<Row> => ({
  name, title, number: true, small, by: (r) => r[name], cell: (r) => (r[name] ? count(r[name] as number) : <span class="quiet">0</span>),
})
const COLUMNS: Column<Row>[] = [
  { name: 'policy', title: 'Policy', wide: true, by: (r) => r.policy, cell: (r) => r.policy || <span class="quiet">no policy</span> },
  number('review', 'Sent to review'),
  number('withhold', 'Withheld', 'hide'),
  number('block', 'Blocked'),
  number('flags', 'Flags', 'hide'),
  number('decided_act', 'Acted by people'),
  number('decided_clear', 'Cleared'),
  number('automatic', 'Automatic', 'hide'),
  number('reversed', 'Taken back', 'hide'),
]
const DAYS = [1, 7, 30, 90]

export function Figures() {
  const days = Number(place.value.query.get('days')) || 7
  const { data: f, error, reload } = useLoad(String(days), () => get<Answer>(['figures'], { days }))
  return (
    <main class="screen">
      <Title aside={f ? <span class="quiet"><When time={f.from} /> to <When time={f.to} /></span> : null}>Figures</Title>
      <div class="filters" role="group" aria-label="How far back">
        {DAYS.map((d) => <Button key={d} kind="quiet" pressed={d === days} onClick={() => setQuery({ days: String(d) })}>{d === 1 ? 'today' : `${d} days`}</Button>)}
      </div>
      <ErrorNote error={error} retry={reload} />
      {f ? (
        <>
          <Facts rows={[['Median wait for a person', seconds(f.median_queued_s)], ['Median time to decide', seconds(f.median_decided_s)]]} />
          <section>
            <h2>By policy</h2>
            {f.policies.length ? <Table label="Figures by policy" rows={f.policies} columns={COLUMNS} id={(r) => r.policy} /> : <Empty title="Nothing in this time."><p>Figures count verdicts other than allow, flags and decisions.</p></Empty>}
          </section>
          <section>
            <h2>Where everything stands</h2>
            <div class="figure-tables">
              <States title="Items" of={f.items} />
              <States title="Verdicts" of={f.verdicts} />
              <States title="Cases" of={f.cases} />
              <States title="Actions" of={f.actions} />
              <States title="Deliveries" of={f.deliveries} say={deliveryWord} />
            </div>
          </section>
        </>
      ) : null}
    </main>
  )
}

function States({ title, of, say = words }: { title: string; of: Record<string, number>; say?: (name: string) => string }) {
  return (
    <table class="plain">
      <thead><tr><th scope="col">{title}</th><th scope="col" class="number">Number</th></tr></thead>
      <tbody>{Object.entries(of).map(([name, n]) => <tr key={name}><td>{say(name)}</td><td class="number">{n ? count(n) : <span class="quiet">0</span>}</td></tr>)}</tbody>
    </table>
  )
}
