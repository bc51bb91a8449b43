// Fetches what a screen shows. What was there stays on the screen while it is fetched again: nothing flickers.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import { ended, shown, stirred } from '../app/state.ts'

export interface Loaded<T> {
  data: T | null
  error: unknown
  busy: boolean
  reload: () => void
  put: (data: T) => void
}

/** `key` names what is fetched: when it changes, it is fetched anew and the older answer is dropped. */
export function useLoad<T>(key: string, fetch: () => Promise<T>): Loaded<T> {
  const [state, set] = useState<{ key: string; data: T | null; error: unknown; busy: boolean }>({ key, data: null, error: null, busy: true })
  const latest = useRef(fetch)
  latest.current = fetch
  const turn = useRef(0)
  const reload = useCallback(() => {
    const mine = ++turn.current
    set((s) => ({ ...s, busy: true }))
    latest.current().then(
      (data) => mine === turn.current && set({ key, data, error: null, busy: false }),
      (error: unknown) => mine === turn.current && set((s) => ({ key, data: s.key === key ? s.data : null, error, busy: false })),
    )
  }, [key])
  useEffect(() => {
    reload()
    return () => {
      turn.current++
    }
  }, [reload])
  useEffect(() => ended.subscribe((is) => { if (!is && state.error) reload() }), [reload, state.error])
  const put = useCallback((data: T) => set({ key, data, error: null, busy: false }), [key])
  return { data: state.key === key ? state.data : null, error: state.error, busy: state.busy, reload, put }
}

/** Has the server tell of changes while this is shown, and calls `again` for each; null: there is nothing to tell. */
export function useStir(what: 'watch' | 'case', id: string | null, again: () => void): void {
  const latest = useRef(again)
  latest.current = again
  useEffect(() => {
    if (id === null) return
    const mine = { what, id }
    const from = stirred.peek()
    shown.value = mine
    const end = stirred.subscribe((n) => { if (n !== from) latest.current() })
    return () => {
      end()
      if (shown.peek() === mine) shown.value = null
    }
  }, [what, id])
}
