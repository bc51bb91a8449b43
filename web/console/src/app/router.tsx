// Where we are. Every screen has an address under /console/; filters and sorting stand in its query.
import { computed, signal } from '@preact/signals'
import type { ComponentChildren } from 'preact'

const ROOT = '/console/'

interface Place {
  path: string // below /console/, without slashes at the ends
  query: URLSearchParams
}

export const place = signal<Place>(read())
export const parts = computed(() => place.value.path.split('/').map(decode))

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

function read(): Place {
  const path = location.pathname.startsWith(ROOT) ? location.pathname.slice(ROOT.length) : ''
  return { path: path.replace(/\/+$/, ''), query: new URLSearchParams(location.search) }
}

export function href(...path: string[]): string {
  return ROOT + path.map(encodeURIComponent).join('/')
}

export function go(to: string): void {
  if (to !== location.pathname + location.search) history.pushState(null, '', to)
  place.value = read()
  window.scrollTo(0, 0)
}

/** Changes the query of this address; null and '' take a key away. Does not make a step in the history. */
export function setQuery(change: Record<string, string | null>): void {
  const query = new URLSearchParams(place.value.query)
  for (const [key, value] of Object.entries(change)) {
    if (value) query.set(key, value)
    else query.delete(key)
  }
  const search = query.toString()
  history.replaceState(null, '', location.pathname + (search ? '?' + search : ''))
  place.value = read()
}

addEventListener('popstate', () => {
  place.value = read()
})

export function Link(props: { to: string; class?: string; title?: string; current?: boolean; children: ComponentChildren }) {
  const follow = (e: MouseEvent) => {
    if (e.button !== 0 || e.ctrlKey || e.metaKey || e.shiftKey || e.altKey) return
    e.preventDefault()
    go(props.to)
  }
  return (
    <a href={props.to} class={props.class} title={props.title} aria-current={props.current ? 'page' : undefined} onClick={follow}>
      {props.children}
    </a>
  )
}
