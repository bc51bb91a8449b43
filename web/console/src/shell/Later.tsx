// Screens that most people open seldom come as a script of their own, fetched once the first screen stands.
import { signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { ErrorNote } from '../ui/basic.tsx'

type Seldom = typeof import('./seldom.ts')
const seldom = signal<Seldom | null>(null)
const failed = signal<unknown>(null)
let asked = false

/** Fetches them, once. */
export function fetchSeldom(): void {
  if (asked) return
  asked = true
  import('./seldom.ts').then((m) => { seldom.value = m }, (e) => { failed.value = e })
}

/** A screen of that script. When it cannot be had, the program may be a newer one: the whole page is loaded again. */
export function Later({ show }: { show: (m: Seldom) => JSX.Element }) {
  useEffect(fetchSeldom, [])
  if (seldom.value) return show(seldom.value)
  if (failed.value) return <ErrorNote error={failed.value} retry={() => location.reload()} />
  return <p class="quiet">One moment …</p>
}
