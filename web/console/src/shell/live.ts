// Server-sent events for the counters of the header. Silent while the page is hidden; says when the server is back.
import type { Counters } from '../api.ts'
import { counters, ended, online } from '../app/state.ts'

/** Starts listening; the answer stops it. */
export function live(): () => void {
  let source: EventSource | null = null
  const start = () => {
    if (source || document.hidden) return
    source = new EventSource('/console/api/live')
    source.addEventListener('counters', (e) => {
      counters.value = JSON.parse((e as MessageEvent<string>).data) as Counters
      online.value = true
    })
  }
  const stop = () => {
    source?.close()
    source = null
  }
  const turn = () => (document.hidden ? stop() : start())
  const gone = () => { online.value = false }
  const back = () => { online.value = true }
  start()
  document.addEventListener('visibilitychange', turn)
  addEventListener('offline', gone)
  addEventListener('online', back)
  const unwatch = ended.subscribe((is) => (is ? stop() : start()))
  return () => {
    stop()
    unwatch()
    document.removeEventListener('visibilitychange', turn)
    removeEventListener('offline', gone)
    removeEventListener('online', back)
  }
}
