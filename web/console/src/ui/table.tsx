// A table for all lists: sticky head, sorted by click (the order stands in the address), one row chosen with J and K,
// opened with Enter or by a click. It keeps its chosen row while its rows are fetched again.
import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { useCommands } from '../app/keys.ts'
import { go, place, setQuery } from '../app/router.tsx'
import { sorted } from './sort.ts'

export interface Column<T> {
  name: string
  title: string
  untitled?: true // the title is for screen readers only
  number?: boolean // right-aligned
  by?: (row: T) => string | number // can be sorted by this
  cell: (row: T) => ComponentChildren
  wide?: boolean // takes the room that is left
  small?: 'hide' // left out on narrow screens
}
interface TableProps<T> {
  label: string
  rows: T[]
  columns: Column<T>[]
  id: (row: T) => string
  open?: (row: T) => string // the address that the row leads to
  pick?: (row: T) => void // or what opening it does
  caption?: ComponentChildren
}

export function Table<T>(p: TableProps<T>) {
  const order = place.value.query.get('sort')
  const rows = sorted(p.rows, p.columns, order)
  const [chosen, choose] = useState<string | null>(null)
  const body = useRef<HTMLTableSectionElement>(null)
  const at = rows.findIndex((row) => p.id(row) === chosen)
  const move = (step: number) => {
    const row = rows[Math.min(rows.length - 1, Math.max(0, at < 0 ? 0 : at + step))]
    if (row) choose(p.id(row))
  }
  const open = (row: T | undefined) => {
    if (!row) return
    if (p.open) go(p.open(row))
    else p.pick?.(row)
  }
  const opens = p.open !== undefined || p.pick !== undefined
  useCommands({
    'list.next': opens ? () => move(1) : null,
    'list.back': opens ? () => move(-1) : null,
    'list.open': opens && at >= 0 ? () => open(rows[at]) : null,
  })
  useEffect(() => {
    body.current?.querySelector('tr[aria-current=true]')?.scrollIntoView({ block: 'nearest' })
  }, [chosen])
  return (
    <div class="table-wrap" tabIndex={0} role="region" aria-label={p.label}>
      <table>
        <caption class="hidden">{p.caption ?? p.label}</caption>
        <thead>
          <tr>
            {p.columns.map((c) => <Head key={c.name} column={c} order={order} />)}
          </tr>
        </thead>
        <tbody ref={body}>
          {rows.map((row) => {
            const id = p.id(row)
            return (
              <tr
                key={id}
                class={opens ? 'opens' : ''}
                aria-current={opens && id === chosen ? "true" : undefined}
                onClick={(e) => {
                  if (e.target instanceof Element && e.target.closest('a, button, input, label')) return
                  choose(id)
                  open(row)
                }}
              >
                {p.columns.map((c) => (
                  <td key={c.name} class={`${c.number ? 'number' : ''} ${c.wide ? 'wide' : ''} ${c.small ?? ''}`}>{c.cell(row)}</td>
                ))}
              </tr>
            )
          })}
        </tbody>
      </table>
    </div>
  )
}

function Head<T>({ column: c, order }: { column: Column<T>; order: string | null }) {
  const cls = `${c.number ? 'number' : ''} ${c.wide ? 'wide' : ''} ${c.small ?? ''}`
  if (!c.by) return <th scope="col" class={cls}>{c.untitled ? <span class="hidden">{c.title}</span> : c.title}</th>
  const state = order === c.name ? 'ascending' : order === '-' + c.name ? 'descending' : undefined
  const next = state === 'ascending' ? '-' + c.name : state === 'descending' ? null : c.name
  return (
    <th scope="col" class={cls} aria-sort={state}>
      <button type="button" class="sort" onClick={() => setQuery({ sort: next })}>
        {c.title}
        <span aria-hidden="true">{state === 'ascending' ? ' ↑' : state === 'descending' ? ' ↓' : ''}</span>
      </button>
    </th>
  )
}
