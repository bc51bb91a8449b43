// Server-sent events: the counters of the header, and that what the screen shows has changed. Silent while the page is
// hidden. The browser connects again by itself when the line breaks; when that lasts, the console says so. A refusal ends the
// stream: then the session is asked for.
import type { Counters, Session } from '../api.ts'
import { get } from '../app/http.ts'
import { counters, ended, online, shown, stirred } from '../app/state.ts'

const PATIENCE_MS = 4000

/** Starts listening; the answer stops it. */
export function live(): () => void {
  let source: EventSource | null = null
  let patience = 0
  const start = () => {
    if (source || document.hidden || ended.peek()) return
    const of = shown.peek()
    source = new EventSource('/console/api/live' + (of ? `?${of.what}=${encodeURIComponent(of.id)}` : ''))
    source.addEventListener('counters', (e) => {
      counters.value = JSON.parse((e as MessageEvent<string>).data) as Counters
      online.value = true
      clearTimeout(patience)
      patience = 0
    })
    source.addEventListener('screen', () => { stirred.value++ })
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
  const unwatch = [ended, shown].map((s) => s.subscribe(() => { stop(); start() }))
  return () => {
    stop()
    for (const end of unwatch) end()
    document.removeEventListener('visibilitychange', turn)
    removeEventListener('offline', gone)
    removeEventListener('online', back)
  }
}
