// Finds an item, account or case by the beginning of its id. Empty: the newest items.
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { Found } from '../api.ts'
import { AGE_BAND, plural } from '../app/format.ts'
import { get } from '../app/http.ts'
import { useCommands } from '../app/keys.ts'
import { href, Link, place, setQuery } from '../app/router.tsx'
import { Empty, ErrorNote, Key, Tag, Title } from '../ui/basic.tsx'
import { useLoad } from '../ui/load.ts'
import { Table } from '../ui/table.tsx'
import { ITEM_COLUMNS } from './itemColumns.tsx'

export function Search() {
  const q = place.value.query.get('q') ?? ''
  const text = useSignal(q)
  const input = useRef<HTMLInputElement>(null)
  useEffect(() => { text.value = q }, [q])
  useEffect(() => {
    const timer = setTimeout(() => { if (text.value !== q) setQuery({ q: text.value.trim() }) }, 250)
    return () => clearTimeout(timer)
  }, [text.value])
  useCommands({ 'list.filter': () => input.current?.select() })
  const { data, error, reload } = useLoad(q, () => get<Found>(['items', 'search'], { q }))
  const nothing = data && !data.items.length && !data.accounts.length && !data.cases.length
  return (
    <main class="screen">
      <Title>Search</Title>
      <label class="search">
        <span class="hidden">Beginning of an id</span>
        <input ref={input} type="search" placeholder="Beginning of an id: item, account, case, decision" value={text.value} spellcheck={false} onInput={(e) => { text.value = e.currentTarget.value }} />
        <Key label="/" />
      </label>
      <ErrorNote error={error} retry={reload} />
      {nothing && q ? <Empty title={`Nothing begins with “${q}”.`}><p>Search looks at the ids of the platform (items and accounts) and at ours (cases and decisions), not at what was written.</p></Empty> : null}
      {nothing && !q ? <Empty title="No item has come in yet."><p>Items come from a platform through <code>POST /v1/items</code>. Create a key under <Link to={href('keys')}>Keys</Link> to let one in.</p></Empty> : null}
      {data?.cases.length ? (
        <section>
          <h2>Cases</h2>
          <ul class="lines">{data.cases.map((c) => <li key={c.id}><Link to={href('cases', c.id)}>{c.id}</Link> <span class="quiet">{c.queue} · {c.state} · {c.subject.kind} {c.subject.id}</span></li>)}</ul>
        </section>
      ) : null}
      {data?.accounts.length ? (
        <section>
          <h2>Accounts</h2>
          <ul class="lines">
            {data.accounts.map((a) => (
              <li key={a.platform + a.id}>
                <Link to={href('accounts', a.platform, a.id)}>{a.id}</Link> <span class="quiet">{a.platform} · {AGE_BAND[a.age_band]} · {plural(a.strikes, 'strike')}</span> {a.state !== 'active' ? <Tag tone="warn">{a.state}</Tag> : null}
              </li>
            ))}
          </ul>
        </section>
      ) : null}
      {data?.items.length ? <section><h2>{q ? 'Items' : 'Newest items'}</h2><Table label="Items" rows={data.items} columns={ITEM_COLUMNS} id={(i) => `${i.platform}/${i.id}/${i.version}`} open={(i) => href('items', i.platform, i.id)} /></section> : null}
    </main>
  )
}
