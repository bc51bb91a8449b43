// What of the item is known already: the entries that it matches, where they come from and how near they are.
import { useSignal } from '@preact/signals'
import type { Effect, Signal } from '../api.ts'
import { clock, percent } from '../app/format.ts'
import { Button } from '../ui/basic.tsx'
import { stretchText } from './Film.tsx'

const EFFECT: Record<Effect, string> = {
  full: '',
  review: 'its entry only asks for a person',
  allow: 'of an allow-list',
  allowed: 'set aside by an allow-list',
  share: 'outside of the bank’s share of traffic',
}
/** What a match says of its origin, in the order in which a moderator weighs it. */
function origin(s: Signal): string[] {
  const from = s.provenance ?? {}
  return [
    s.classification ? `class ${s.classification}` : '',
    from.exchange ? `from ${from.exchange}${from.member ? `, member ${from.member}` : ''}` : '',
    from.record ? `record ${from.record}` : '',
    from.tags?.length ? from.tags.join(', ') : '',
    from.decision ? 'added after a decision' : '',
  ].filter(Boolean)
}
/** How near the match is: bits of a picture, share of a video or sound. */
function nearness(s: Signal): string[] {
  const of = s.part
  const places = of?.shown ? stretchText(of.shown.map((at) => ({ from: at.from_ms, to: at.to_ms }))) : ''
  const picture = s.detector === 'pdq'
  return [
    of && !picture ? `${percent(of.share_item)} of this, ${percent(of.share_entry)} of the known one` : s.distance === 0 ? 'identical' : s.distance !== null ? `${s.distance} of 256 bits differ` : '',
    of && picture ? `seen in ${percent(of.share_item)} of this, ${places}` : places ? `from ${places}` : '',
    of && of.offset_ms > 0 ? `begins at ${clock(of.offset_ms)} of it` : '',
    of && Math.abs(of.speed - 1) > 0.01 ? `${of.speed.toFixed(2)} times as fast` : '',
    s.turned ? `turned: ${s.turned}` : '',
    EFFECT[s.effect ?? 'full'],
  ].filter(Boolean)
}
/** All that a match says of itself, for the table of signals. */
export const matchWords = (s: Signal) => (s.bank ? [...nearness(s), ...origin(s)] : [])

const FEW_MATCHES = 3
export function Matches({ signals }: { signals: Signal[] }) {
  const all = useSignal(false)
  const hits = signals.filter((s) => s.bank && s.entry && s.media && s.status === 'ok')
  if (!hits.length) return null
  return (
    <>
      <h3>{hits.length === 1 ? 'Matches a known entry' : `Matches ${hits.length} known entries`}</h3>
      <ul class="lines">
        {(all.value ? hits : hits.slice(0, FEW_MATCHES)).map((s) => (
          <li key={s.n}>
            <span>{s.bank?.name} <span class="quiet">({s.bank?.source})</span>{origin(s).map((t) => ` · ${t}`)}</span>
            <span class="quiet">{nearness(s).join(' · ')}</span>
          </li>
        ))}
      </ul>
      {hits.length > FEW_MATCHES ? <Button kind="quiet" expanded={all.value} onClick={() => { all.value = !all.value }}>{all.value ? 'Show fewer' : `Show all ${hits.length}`}</Button> : null}
    </>
  )
}
