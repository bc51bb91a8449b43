// A live stream: whether it runs and for how long, who watches, and its segments, the newest first. While it runs the server
// tells of each change; the segment that somebody chose stays, else the newest in which something was found.
import { useSignal } from '@preact/signals'
import type { Case, Segment, Stream } from '../api.ts'
import { clock, plural, sentence } from '../app/format.ts'
import { get } from '../app/http.ts'
import { now } from '../app/state.ts'
import { Ago, Tag } from '../ui/basic.tsx'
import { useStir } from '../ui/load.ts'
import { Gallery } from './Preview.tsx'
import { current } from './state.ts'
import { HostileText, spansOf } from './Text.tsx'

const ENDED: Record<string, string> = { platform: 'the platform said so', silence: 'it went silent', action: 'it was stopped' }

export function LiveMark({ state, since }: { state: Stream['state'] | null | undefined; since?: string | null }) {
  if (!state) return null
  if (state !== 'running') return <Tag tone="quiet">{state === 'stopped' ? 'stream stopped' : 'stream ended'}</Tag>
  return <span class="live-mark" title="This live stream is running"><span class="dot" aria-hidden="true" />live{since ? ` ${clock(Math.max(0, now.value - Date.parse(since)))}` : ''}</span>
}

/** Takes what changed from the server; what is chosen and written stays. */
async function again(id: string): Promise<void> {
  const fresh = await get<Case>(['cases', id]).catch(() => null)
  const c = current.value
  if (fresh && c?.id === id) current.value = { ...c, stream: fresh.stream, reach: fresh.reach, causes: fresh.causes, flags: fresh.flags }
}

export function useLive(c: Case): void {
  useStir('case', c.stream?.state === 'running' ? c.id : null, () => void again(c.id))
}

const spoken = (s: Segment) => s.verdict !== null && s.verdict !== 'allow'

export function StreamView({ of: s, caseId, here }: { of: Stream; caseId: string | null; here?: string }) {
  const chosen = useSignal<string | null>(here ?? null)
  const at = s.newest.find((g) => g.id === chosen.value) ?? s.newest.find(spoken) ?? s.newest[0]
  return (
    <div class="stream">
      <p class="subject-line">
        <LiveMark state={s.state} since={s.started_at} />
        {s.stopping ? <Tag tone="warn">its stop is asked for</Tag> : null}
        <strong>{plural(s.viewers, 'person', 'people')} {s.state === 'running' ? 'watching' : 'watched at the end'}</strong>
        <span>{plural(s.segments, 'segment')}</span>
        {s.state === 'running' ? <span>last sign <Ago time={s.last_at} /></span> : <span>ended <Ago time={s.ended_at} />{s.ended_by ? `: ${ENDED[s.ended_by]}` : ''}</span>}
      </p>
      {at ? <OneSegment key={at.id} of={at} stream={s} caseId={caseId} /> : <p class="quiet">No segment has come yet.</p>}
      {s.newest.length > 1 ? (
        <ol class="segments" aria-label="Segments, newest first">
          {s.newest.map((g) => (
            <li key={g.id}>
              <button type="button" class={`segment ${spoken(g) ? 'spoken' : ''}`} aria-pressed={g === at} onClick={() => { chosen.value = g.id }}>
                <span class="segment-at">{offset(s, g)}</span>
                <span class="segment-what">{g.signals.filter((x) => x.status === 'ok').map((x) => x.bank?.name ?? x.label).join(', ') || (g.state === 'pending' ? 'being checked' : g.state === 'unscannable' ? 'could not be checked' : 'nothing found')}</span>
                {spoken(g) ? <Tag tone="warn">{g.verdict}</Tag> : null}
              </button>
            </li>
          ))}
        </ol>
      ) : null}
      {s.segments > s.newest.length ? <p class="quiet">{plural(s.segments - s.newest.length, 'earlier segment')} in Search.</p> : null}
    </div>
  )
}

const offset = (s: Stream, g: Segment) => clock(Math.max(0, Date.parse(g.received_at) - Date.parse(s.started_at)))

function OneSegment({ of: g, stream, caseId }: { of: Segment; stream: Stream; caseId: string | null }) {
  const texts = g.text.filter((t) => t.text)
  return (
    <section class="segment-shown" aria-label={`Segment ${g.seq}`}>
      <h2>At {offset(stream, g)} {g.id === stream.newest[0]?.id ? <span class="quiet">the newest</span> : null}</h2>
      {g.rules.map((r) => <p key={r.rule} class="quiet">{sentence(r.text)}</p>)}
      <Gallery media={g.media} caseId={caseId} signals={g.signals} />
      {texts.map((t) => <div key={t.field} class={`said said-${t.field}`}><p><HostileText text={t.text} spans={spansOf(g.signals, t.field)} /></p></div>)}
      {g.erased ? <p class="quiet">The text of this segment is erased.</p> : null}
      {!texts.length && !g.media.length && !g.erased ? <p class="quiet">This segment has neither text nor pictures.</p> : null}
    </section>
  )
}
