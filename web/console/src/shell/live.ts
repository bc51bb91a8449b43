// Server-sent events for the counters of the header. Silent while the page is hidden. The browser connects again by itself
// when the line breaks; when that lasts, the console says so. A refusal ends the stream: then the session is asked for.
import type { Counters, Session } from '../api.ts'
import { get } from '../app/http.ts'
import { counters, ended, online } from '../app/state.ts'

const PATIENCE_MS = 4000

/** Starts listening; the answer stops it. */
export function live(): () => void {
  let source: EventSource | null = null
  let patience = 0
  const start = () => {
    if (source || document.hidden) return
    source = new EventSource('/console/api/live')
    source.addEventListener('counters', (e) => {
      counters.value = JSON.parse((e as MessageEvent<string>).data) as Counters
      online.value = true
      clearTimeout(patience)
      patience = 0
    })
    source.addEventListener('error', () => {
      const refused = source?.readyState === EventSource.CLOSED
      patience ||= window.setTimeout(() => {
        patience = 0
        if (source?.readyState !== EventSource.OPEN) online.value = false
      }, PATIENCE_MS)
      if (refused) {
        stop()
        setTimeout(() => void get<Session>(['session']).then(start, () => undefined), PATIENCE_MS)
      }
    })
  }
  const stop = () => {
    clearTimeout(patience)
    patience = 0
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
