// Crisis mode: one picture or clip and its edits, watched with a wider net. A list; starting one from a case; the live view.
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { Watch, WatchLive, WatchPreview, Watches } from '../api.ts'
import { count, left, plural, seconds, when } from '../app/format.ts'
import { call, get } from '../app/http.ts'
import { go, href, Link, place, setQuery } from '../app/router.tsx'
import { may, now, nowish } from '../app/state.ts'
import { Ago, Button, Empty, ErrorNote, Field, Tag, Title } from '../ui/basic.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { useLoad } from '../ui/load.ts'
import { say } from '../ui/status.tsx'

const LIVE_MS = 3000

export function Crisis() {
  const { data, error, reload } = useLoad('crisis', () => get<Watches>(['crisis']))
  const from = place.value.query.get('case')
  const running = data?.watches.filter((w) => !w.ended_at) ?? []
  const ended = data?.watches.filter((w) => w.ended_at) ?? []
  return (
    <main class="screen narrow">
      <Title>Crisis mode</Title>
      <ErrorNote error={error} retry={reload} />
      {from && may.lead.value ? <Start caseId={from} /> : null}
      {data && !running.length ? (
        <Empty title="Nothing is watched.">
          <p>When a picture or clip spreads and comes back in ever new edits, a watch casts a wider net around it: copies of today and those that come are withheld or sent to people at once.</p>
          {may.lead.value ? <p>Open a case that shows it, and choose “Watch it and its edits” beside its copies.</p> : null}
        </Empty>
      ) : null}
      <ul class="cards">{running.map((w) => <Card key={w.id} of={w} />)}</ul>
      {ended.length ? <section><h2>Ended</h2><ul class="cards">{ended.map((w) => <Card key={w.id} of={w} />)}</ul></section> : null}
    </main>
  )
}

function Card({ of: w }: { of: Watch }) {
  return (
    <li class="panel">
      <h2><Link to={href('crisis', w.id)}>{w.title}</Link> <Tag tone={w.ended_at ? 'quiet' : 'warn'}>{w.ended_at ? 'ended' : 'watching'}</Tag></h2>
      <p class="quiet">
        {w.policy} · {w.effect === 'withhold' ? 'withheld at once' : 'to people'} · within {w.distance} bits ·{' '}
        {w.ended_at ? <>ended <Ago time={w.ended_at} />{w.by_itself ? ' by itself' : ''}</> : <>started <Ago time={w.started_at} />{w.started_by ? ` by ${w.started_by}` : ''}, {left(w.ends_at, nowish.value).text}</>}
        {w.report ? ` · ${plural(w.report.copies, 'copy', 'copies')} found` : ''}
      </p>
    </li>
  )
}

function Start({ caseId }: { caseId: string }) {
  const title = useSignal('')
  const policy = useSignal(place.value.query.get('policy') ?? '')
  const effect = useSignal<'withhold' | 'review'>('withhold')
  const distance = useSignal(40)
  const hours = useSignal(24)
  const problem = useSignal<unknown>(null)
  const send = () => {
    call<WatchLive>('POST', ['crisis'], { case: caseId, title: title.value.trim(), policy: policy.value.trim(), effect: effect.value, distance: distance.value, hours: hours.value }).then(
      (w) => { say('The watch runs.'); go(href('crisis', w.id)) }, (e: unknown) => { problem.value = e })
  }
  return (
    <form class="panel" onSubmit={(e) => { e.preventDefault(); send() }}>
      <h2>Watch what the case shows, and its edits</h2>
      <ErrorNote error={problem.value} />
      <Field label="What is it? (without names)"><input autofocus required maxLength={100} value={title.value} onInput={(e) => { title.value = e.currentTarget.value }} /></Field>
      <Field label="Policy"><input required value={policy.value} onInput={(e) => { policy.value = e.currentTarget.value }} /></Field>
      <Field label="What becomes of copies">
        <select value={effect.value} onChange={(e) => { effect.value = e.currentTarget.value as 'withhold' | 'review' }}>
          <option value="withhold">withheld at once, until a person has looked</option>
          <option value="review">sent to a person, and stay up until then</option>
        </select>
      </Field>
      <Field label={`Net: up to ${distance.value} of 256 bits differ (banks use 31)`}>
        <input type="range" min={10} max={63} value={distance.value} onInput={(e) => { distance.value = Number(e.currentTarget.value) }} />
      </Field>
      <Field label="Ends by itself after"><select value={hours.value} onChange={(e) => { hours.value = Number(e.currentTarget.value) }}>
        {[6, 12, 24, 48, 72, 168].map((h) => <option key={h} value={h}>{h < 48 ? `${h} hours` : `${h / 24} days`}</option>)}
      </select></Field>
      <p class="pair"><Button onClick={() => setQuery({ case: null, policy: null })}>Not now</Button><Button kind="main" type="submit" disabled={!title.value.trim() || !policy.value.trim()} onClick={() => undefined}>Start the watch</Button></p>
    </form>
  )
}

export function CrisisScreen({ id }: { id: string }) {
  const { data: w, error, reload, put } = useLoad(`crisis ${id}`, () => get<WatchLive>(['crisis', id]))
  const dialog = useSignal<'net' | 'end' | null>(null)
  const live = w !== null && !w.ended_at
  useEffect(() => {
    if (!live) return
    const timer = setInterval(() => { if (!document.hidden) reload() }, LIVE_MS)
    return () => clearInterval(timer)
  }, [live, reload])
  if (!w) return <main class="screen"><Title>Crisis mode</Title><ErrorNote error={error} retry={reload} /></main>
  const end = () => {
    dialog.value = null
    call<WatchLive>('POST', ['crisis', id, 'end'], {}).then((ended) => { put(ended); say('The watch has ended; its figures are kept.') }, (e: unknown) => say(String(e)))
  }
  return (
    <main class="screen">
      <Title>{w.title}</Title>
      <ErrorNote error={error} retry={reload} />
      <p class="facts-line">
        <Tag tone={live ? 'warn' : 'quiet'}>{live ? 'watching' : 'ended'}</Tag>
        <span>{w.policy}</span>
        <span>{w.effect === 'withhold' ? 'withheld at once' : 'sent to people'}</span>
        <span>within {w.distance} of 256 bits{w.turned ? ', turned and mirrored too' : ''}</span>
        <span>{live ? `${left(w.ends_at, now.value).text}` : `ended ${when(w.ended_at)}`}</span>
        <Link to={href('banks', w.bank)}>its bank</Link>
      </p>
      {live && may.lead.value ? (
        <p class="pair-left"><Button onClick={() => { dialog.value = 'net' }}>Change the net …</Button> <Button onClick={() => { dialog.value = 'end' }}>End the watch …</Button></p>
      ) : null}
      <div class="figures-row" role="list" aria-label="Copies by what became of them">
        <Figure n={w.copies} label="found" />
        <Figure n={w.states.removed} label="removed" />
        <Figure n={w.states.withheld} label="withheld" />
        <Figure n={w.states.waiting} label="wait for people" />
        <Figure n={w.states.standing} label="standing" />
        <Figure n={w.views} label="views in all" />
        <Figure text={w.seconds_to_action === null ? '–' : seconds(w.seconds_to_action)} label="from posting to action" />
      </div>
      <Minutes of={w.minutes} />
      <h2>Newest</h2>
      {w.newest.length ? (
        <ul class="copies">
          {w.newest.map((k) => (
            <li key={k.item}>
              <img src={`/console/api/media/${k.media}/tiny`} alt="" onError={(e) => { e.currentTarget.style.visibility = 'hidden' }} />
              <span><Link to={href('items', k.platform, k.id)}>{k.id}</Link>{k.author ? <> by {k.author}</> : null}<span class="quiet"> · posted <Ago time={k.posted_at} /> · found <Ago time={k.found_at} /> · {k.distance} bits away</span></span>
              <span class="quiet">{count(k.views)} views</span>
              <Tag tone={k.state === 'removed' ? 'good' : k.state === 'standing' ? 'quiet' : 'warn'}>{k.state}</Tag>
            </li>
          ))}
        </ul>
      ) : <p class="quiet">No copy was found yet. What was published before is compared within seconds; what comes is compared when it comes.</p>}
      {w.ended_at && w.report ? <p><a class="button" download={`watch-${w.id}.json`} href={`data:application/json,${encodeURIComponent(JSON.stringify({ ...w, newest: undefined }, null, 2))}`}>Save the report</a></p> : null}
      {dialog.value === 'net' ? <Net of={w} close={() => { dialog.value = null }} done={put} /> : null}
      {dialog.value === 'end' ? (
        <Dialog title="End the watch?" close={() => { dialog.value = null }}>
          <p>Its net is taken in: what comes from now on is compared with your other banks only. What was withheld stays withheld, cases stay open, and the figures are kept as a report.</p>
          <Button kind="main" onClick={end}>End it now</Button>
        </Dialog>
      ) : null}
    </main>
  )
}

function Figure(p: { n?: number; text?: string; label: string }) {
  return <div class="figure-box" role="listitem"><strong>{p.text ?? count(p.n ?? 0)}</strong><span class="quiet">{p.label}</span></div>
}

/** Copies found in each of the last sixty minutes, oldest left. */
function Minutes({ of: n }: { of: number[] }) {
  const most = Math.max(1, ...n), sum = n.reduce((a, b) => a + b, 0)
  return (
    <figure class="minutes">
      <figcaption>{plural(sum, 'copy', 'copies')} found in the last hour, by minute; the highest {count(Math.max(...n, 0))}</figcaption>
      <svg viewBox="0 0 240 48" role="img" aria-label={`${sum} in the last hour`} preserveAspectRatio="none">
        {n.map((v, i) => <rect key={i} x={i * 4} width={3} y={48 - v / most * 46} height={v / most * 46} />)}
        <line x1="0" y1="47.5" x2="240" y2="47.5" />
      </svg>
    </figure>
  )
}

/** What a wider or narrower net would catch of what was published, before it takes force. */
function Net({ of: w, close, done }: { of: WatchLive; close: () => void; done: (w: WatchLive) => void }) {
  const distance = useSignal(w.distance)
  const problem = useSignal<unknown>(null)
  const { data, error } = useLoad(`net ${w.id} ${distance.value}`, () => get<WatchPreview>(['crisis', w.id, 'preview'], { distance: distance.value }))
  const set = () => {
    call<WatchLive>('PATCH', ['crisis', w.id], { distance: distance.value }).then((fresh) => { done(fresh); say('The net is set; what was published before is compared.'); close() }, (e: unknown) => { problem.value = e })
  }
  const caught = data?.distances[distance.value] ?? 0, before = data?.distances[w.distance] ?? 0
  return (
    <Dialog title="Change the net" wide close={close}>
      <Field label={`Up to ${distance.value} of 256 bits differ (now ${w.distance})`}>
        <input type="range" min={0} max={63} value={distance.value} onChange={(e) => { distance.value = Number(e.currentTarget.value) }} />
      </Field>
      <ErrorNote error={error ?? problem.value} />
      {data ? (
        <>
          <p><strong>{plural(caught, 'file', 'files')}</strong> of all that was published lie within it{distance.value === w.distance ? '' : `, ${count(Math.abs(caught - before))} ${caught >= before ? 'more' : 'fewer'} than now`}. From 31 on the first that have nothing to do with it appear.</p>
          {data.sample.length ? <><h3>At its rim</h3><ul class="rim">{data.sample.map((s) => <li key={s.media}><img src={`/console/api/media/${s.media}/tiny`} alt={`a picture ${s.distance} bits away`} /><span class="quiet">{s.distance}</span></li>)}</ul></> : null}
        </>
      ) : <p class="quiet">Comparing …</p>}
      <p class="pair"><Button onClick={close}>Leave it</Button><Button kind="main" disabled={distance.value === w.distance} onClick={set}>Set the net</Button></p>
    </Dialog>
  )
}
