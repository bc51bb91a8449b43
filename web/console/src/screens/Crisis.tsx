// Crisis mode: one picture, clip or sound and its edits, watched with a wider net. A list; starting one from a case, a
// decision or a file; the live view, which the server tells of each change.
import { useSignal, type Signal } from '@preact/signals'
import { useRef } from 'preact/hooks'
import type { Case, Known, Watch, WatchLive, WatchPreview, Watches } from '../api.ts'
import { count, left, plural, seconds, SOUND_BITS_MAX, when } from '../app/format.ts'
import { call, get, upload } from '../app/http.ts'
import { go, href, Link, place, setQuery } from '../app/router.tsx'
import { may, now, nowish } from '../app/state.ts'
import { Ago, Button, Empty, ErrorNote, Field, Tag, Title } from '../ui/basic.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { useLoad, useStir } from '../ui/load.ts'
import { say } from '../ui/status.tsx'

export function Crisis() {
  const { data, error, reload } = useLoad('crisis', () => get<Watches>(['crisis']))
  const query = place.value.query
  const from = query.get('case') ?? query.get('decision') ?? query.get('file')
  const running = data?.watches.filter((w) => !w.ended_at) ?? []
  const ended = data?.watches.filter((w) => w.ended_at) ?? []
  return (
    <main class="screen narrow">
      <Title>Crisis mode</Title>
      <ErrorNote error={error} retry={reload} />
      {from && may.lead.value ? <Start key={query.toString()} /> : null}
      {!from && may.lead.value ? <p><Button onClick={() => setQuery({ file: '1' })}>Watch a file …</Button></p> : null}
      {data && !running.length ? (
        <Empty title="Nothing is watched.">
          <p>When a picture or clip spreads and comes back in ever new edits, a watch casts a wider net around it: copies of today and those that come are withheld or sent to people at once.</p>
          {may.lead.value ? <p>Open a case or a decision about it, and choose “Watch it and its edits”; or give the file here.</p> : null}
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
        {w.policy} · {w.effect === 'withhold' ? 'withheld at once' : 'to people'} · {net(w)} ·{' '}
        {w.ended_at ? <>ended <Ago time={w.ended_at} />{w.by_itself ? ' by itself' : ''}</> : <>started <Ago time={w.started_at} />{w.started_by ? ` by ${w.started_by}` : ''}, {left(w.ends_at, nowish.value).text}</>}
        {w.report ? ` · ${plural(w.report.copies, 'copy', 'copies')} found` : ''}
      </p>
    </li>
  )
}

/** How wide the net is, in words. */
function net(w: Watch): string {
  return w.kind === 'sound' ? `within ${w.distance} of 32 bits` : `within ${w.distance} of 256 bits`
}

/** Which of the case's files is meant, when it has several. */
function Which({ caseId, medium }: { caseId: string; medium: Signal<string> }) {
  const { data } = useLoad(`crisis case ${caseId}`, () => get<Case>(['cases', caseId]))
  const media = data?.item?.media ?? []
  if (media.length < 2) return null
  return (
    <Field label={`Which of its ${media.length} files`}>
      <select value={medium.value} onChange={(e) => { medium.value = e.currentTarget.value }}>
        <option value="">all videos; without one all pictures</option>
        {media.map((m, i) => <option key={m.id} value={m.id}>{`file ${i + 1}: ${m.mime ?? 'unknown'}`}</option>)}
      </select>
    </Field>
  )
}

function Start() {
  const query = place.value.query
  const caseId = query.get('case'), decision = query.get('decision')
  const title = useSignal('')
  const policy = useSignal(query.get('policy') ?? '')
  const effect = useSignal<'withhold' | 'review'>('withhold')
  const distance = useSignal(40)
  const hours = useSignal(24)
  const medium = useSignal('')
  const known = useSignal<Known | null>(null)
  const busy = useSignal(false)
  const problem = useSignal<unknown>(null)
  const take = (file: File | undefined) => {
    known.value = null
    problem.value = null
    if (!file) return
    busy.value = true
    upload<Known>(['crisis-known'], file).then((k) => { known.value = k }, (e: unknown) => { problem.value = e }).finally(() => { busy.value = false })
  }
  const send = () => {
    call<WatchLive>('POST', ['crisis'], { ...source, title: title.value.trim(), policy: policy.value.trim(), effect: effect.value, distance: distance.value, hours: hours.value }).then(
      (w) => { say('The watch runs; the other leads are told.'); go(href('crisis', w.id)) }, (e: unknown) => { problem.value = e })
  }
  const kind = known.value?.known[0]?.form
  const source = caseId ? { case: caseId, media: medium.value || undefined } : decision ? { decision } : known.value ? { known: known.value.known } : null
  const preview = useLoad(`crisis try ${caseId ?? decision ?? known.value?.known[0]?.value ?? ''} ${medium.value} ${distance.value}`,
    () => source ? call<WatchPreview>('POST', ['crisis-preview'], { ...source, distance: distance.value }) : Promise.resolve(null))
  const was = useRef('') // while the next preview is on its way
  was.current = preview.data?.kind ?? was.current
  const sound = kind ? kind === 'chromaprint' : was.current === 'sound'
  const ready = title.value.trim() && policy.value.trim() && (caseId || decision || known.value)
  return (
    <form class="panel" onSubmit={(e) => { e.preventDefault(); if (ready) send() }} onDragOver={(e) => e.preventDefault()} onDrop={(e) => { e.preventDefault(); if (!caseId && !decision) take(e.dataTransfer?.files[0]) }}>
      <h2>Watch {caseId ? 'what the case shows' : decision ? 'what was decided about' : 'a file'}, and its edits</h2>
      <ErrorNote error={problem.value} />
      {caseId || decision ? null : (
        <>
          <Field label="Picture, video or sound (or drop it here)"><input type="file" autofocus accept="image/*,video/*,audio/*" onChange={(e) => take(e.currentTarget.files?.[0])} /></Field>
          <p class="quiet" role="status">{busy.value ? 'It is decoded apart from everything else …' : kind ? `Known by its ${kind === 'pdq' ? 'look' : kind === 'vpdq' ? 'frames' : 'sound'}; the file itself is not kept.` : 'The file is decoded apart from everything else, and not kept.'}</p>
        </>
      )}
      <Field label="What is it? (without names)"><input autofocus={Boolean(caseId || decision)} required maxLength={100} value={title.value} onInput={(e) => { title.value = e.currentTarget.value }} /></Field>
      {caseId ? <Which caseId={caseId} medium={medium} /> : null}
      <Field label="Policy"><input required value={policy.value} onInput={(e) => { policy.value = e.currentTarget.value }} /></Field>
      <Field label="What becomes of copies">
        <select value={effect.value} onChange={(e) => { effect.value = e.currentTarget.value as 'withhold' | 'review' }}>
          <option value="withhold">withheld at once, until a person has looked</option>
          <option value="review">sent to a person, and stay up until then</option>
        </select>
      </Field>
      <Field label={sound ? `Net: up to ${Math.min(distance.value, SOUND_BITS_MAX)} of 32 bits differ (more than ${SOUND_BITS_MAX} is chance)` : `Net: up to ${distance.value} of 256 bits differ (banks use 31)`}>
        <input type="range" min={sound ? 0 : 10} max={sound ? SOUND_BITS_MAX : 63} value={distance.value} onChange={(e) => { distance.value = Number(e.currentTarget.value) }} />
      </Field>
      {source ? <section class="preview-words" aria-live="polite" aria-busy={preview.busy}><ErrorNote error={preview.error} />{preview.data ? <Caught of={preview.data} /> : preview.error ? null : <p class="quiet">Comparing it with what was published …</p>}</section> : null}
      <Field label="Ends by itself after"><select value={hours.value} onChange={(e) => { hours.value = Number(e.currentTarget.value) }}>
        {[6, 12, 24, 48, 72, 168].map((h) => <option key={h} value={h}>{h < 48 ? `${h} hours` : `${h / 24} days`}</option>)}
      </select></Field>
      <p class="quiet">It starts at once, without a second person; every lead is told by an alarm.</p>
      <p class="pair"><Button onClick={() => setQuery({ case: null, decision: null, file: null, policy: null })}>Not now</Button><Button kind="main" type="submit" disabled={!ready} onClick={() => undefined}>Start the watch</Button></p>
    </form>
  )
}

export function CrisisScreen({ id }: { id: string }) {
  const { data: w, error, reload, put } = useLoad(`crisis ${id}`, () => get<WatchLive>(['crisis', id]))
  const dialog = useSignal<'net' | 'end' | null>(null)
  const live = w !== null && !w.ended_at
  useStir('watch', live ? id : null, reload)
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
        <span>{net(w)}{w.kind === 'pdq' ? ', turned and mirrored too' : w.kind === 'video' ? ', frame by frame, mirrored too' : ''}</span>
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
              <span><Link to={href('items', k.platform, k.id)}>{k.id}</Link>{k.stream ? ' (live stream)' : ''}{k.author ? <> by {k.author}</> : null}<span class="quiet"> · posted <Ago time={k.posted_at} /> · found <Ago time={k.found_at} /> · {k.distance} bits away</span></span>
              <span class="quiet">{count(k.views)} views</span>
              <Tag tone={k.state === 'removed' ? 'good' : k.state === 'standing' ? 'quiet' : 'warn'}>{k.state}</Tag>
            </li>
          ))}
        </ul>
      ) : w.hidden ? null : <p class="quiet">No copy was found yet. What was published before is compared within seconds; what comes is compared when it comes.</p>}
      {w.hidden ? <p class="quiet">{plural(w.hidden, 'newer one is', 'newer ones are')} not for you to see.</p> : null}
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

/** What a net catches of what was published, and what lies at its rim. */
function Caught({ of: p }: { of: WatchPreview }) {
  const sound = p.kind === 'sound'
  return (
    <>
      <p>
        <strong>{p.cut ? 'At least ' : ''}{plural(p.caught, 'file', 'files')}</strong> of all that was published would be caught
        {p.now === null || p.now === p.caught ? '' : `, ${count(Math.abs(p.caught - p.now))} ${p.caught > p.now ? 'more' : 'fewer'} than now`}.
        {sound ? '' : ' From 31 on the first that have nothing to do with it appear.'}
      </p>
      {p.sample.length ? (
        <>
          <h3>At its rim</h3>
          <ul class="rim">{p.sample.map((s) => (
            <li key={s.media}>
              <img src={`/console/api/media/${s.media}/tiny`} alt="" onError={(e) => { e.currentTarget.style.display = 'none' }} />
              <Link to={href('items', s.platform, s.id)}>{s.id}</Link>
              <span class="quiet">{s.distance} of {sound ? 32 : 256}</span>
            </li>
          ))}</ul>
        </>
      ) : null}
    </>
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
  const sound = w.kind === 'sound'
  return (
    <Dialog title="Change the net" wide close={close}>
      <Field label={`Up to ${distance.value} of ${sound ? 32 : 256} bits differ (now ${w.distance})`}>
        <input type="range" min={0} max={sound ? SOUND_BITS_MAX : 63} value={distance.value} onChange={(e) => { distance.value = Number(e.currentTarget.value) }} />
      </Field>
      <ErrorNote error={error ?? problem.value} />
      {data ? <Caught of={data} /> : <p class="quiet">Comparing …</p>}
      <p class="pair"><Button onClick={close}>Leave it</Button><Button kind="main" disabled={distance.value === w.distance} onClick={set}>Set the net</Button></p>
    </Dialog>
  )
}
