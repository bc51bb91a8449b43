// Videos and sounds. What a browser gets is a storyboard and a short clip, both made anew from pixels and samples. The clip
// opens covered, muted and still; Space plays it, leaving the window stops and covers it. It is fetched once, recorded like
// any other look, and held only while its dialog is open. Of a long file in which something known was found there are two clips:
// around that, which is shown first, and spread over the whole.
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { ClipParts, Film, Media, Revealed, Signal } from '../api.ts'
import { bytes, clock } from '../app/format.ts'
import { call, explain } from '../app/http.ts'
import { useCommands } from '../app/keys.ts'
import { prefs } from '../app/state.ts'
import { Button, Key } from '../ui/basic.tsx'
import { Dialog } from '../ui/dialog.tsx'

const STEP_S = 0.2 // one picture of the clip
const SOUND_STEP_S = 5
const FEW_STRETCHES = 4 // in words; the line of the player marks all
const AROUND_MS = 250 // a still so near to a stretch shows it
const SPEEDS = [0.25, 0.5, 1, 1.5, 2]
const VOLUMES = [0.05, 0.1, 0.2, 0.4, 0.7, 1]

type Which = 'clip' | 'moments'

/** What a clip is made of; one of a file without it shows all. */
const partsOf = (film: Film, which: Which): ClipParts => film[which] ?? { parts: 1, part_ms: film.duration_ms }

/** Which moment of the file a moment of its clip shows. */
function momentOf(film: Film, which: Which, clipSeconds: number): number {
  const { parts, part_ms } = partsOf(film, which)
  const ms = clipSeconds * 1000
  const part = Math.min(parts - 1, Math.floor(ms / part_ms))
  return Math.min(film.duration_ms, partStart(film, which, part) + Math.min(part_ms, ms - part * part_ms))
}

function partStart(film: Film, which: Which, i: number): number {
  const { parts, part_ms, starts_ms } = partsOf(film, which)
  return starts_ms?.[i] ?? (parts < 2 ? 0 : (i * (film.duration_ms - part_ms)) / (parts - 1))
}

/** The second of the clip that shows this moment of the file, or the part of the clip that comes nearest to it. */
function clipTimeOf(film: Film, which: Which, moment: number): number {
  const { parts, part_ms } = partsOf(film, which)
  const away = (i: number) => Math.max(partStart(film, which, i) - moment, moment - partStart(film, which, i) - part_ms, 0)
  let near = 0
  for (let i = 1; i < parts; i++) if (away(i) < away(near)) near = i
  return (near * part_ms + Math.max(0, Math.min(part_ms - 1, moment - partStart(film, which, near)))) / 1000
}

/** A stretch of the file that something known was found in. */
export interface Stretch {
  from: number // ms
  to: number
}

/** Where matches of this file lie in it. One of version 0.1 says where it begins, but not where it ends. */
export function stretchesOf(media: Media, signals: Signal[]): Stretch[] {
  const whole = media.film?.duration_ms ?? 0
  const all = signals.flatMap((s): Stretch[] => {
    if (s.media !== media.id || s.status !== 'ok' || !s.part) return []
    if (s.part.shown) return s.part.shown.map((at) => ({ from: Math.min(whole, at.from_ms), to: Math.min(whole, at.to_ms) }))
    const from = Math.min(whole, Math.max(0, -s.part.offset_ms))
    return [{ from, to: Math.min(whole, s.part.matched_ms ? from + s.part.matched_ms : whole) }]
  })
  const one = new Map(all.map((s) => [`${s.from}-${s.to}`, s]))
  return [...one.values()].sort((a, b) => a.from - b.from)
}

export function stretchText(stretches: Stretch[]): string {
  const words = stretches.map((s) => `${clock(s.from)} to ${clock(s.to)}`)
  const more = words.length - FEW_STRETCHES
  return words.slice(0, FEW_STRETCHES).join(', ') + (more > 0 ? ` and at ${more} more` : '')
}

export function filmFacts(media: Media, film: Film): string {
  const size = media.width && media.height && film.kind === 'video' ? ` · ${media.width} × ${media.height}` : ''
  const codecs = [film.video, film.sound].filter(Boolean).join(' + ')
  if (film.kind === 'animation') return `Animation ${clock(film.duration_ms)} · ${media.width} × ${media.height} · ${bytes(media.bytes)}`
  return `${film.kind === 'video' ? 'Video' : 'Sound'} ${clock(film.duration_ms)}${size} · ${codecs} · ${bytes(media.bytes)}`
}

/** What was found in a still, or between it and the next one. */
function foundAt(times: number[], i: number, known: Stretch[]): 'here' | 'after' | null {
  const at = times[i]!
  const next = times[i + 1] ?? Infinity
  if (known.some((s) => s.from - AROUND_MS <= at && at < s.to)) return 'here'
  return known.some((s) => at < s.from && s.to < next) ? 'after' : null
}

/** The stills with their times, those marked that something known was found in or between. */
export function Board({ film, url, known }: { film: Film; url: string; known: Stretch[] }) {
  const board = film.board
  if (!board) return <img src={url} alt="" draggable={false} />
  const rows = Math.ceil(board.times_ms.length / board.columns)
  const ratio = (board.columns * board.width) / (rows * board.height)
  return (
    <div class="board" style={{ aspectRatio: String(ratio) }}>
      <img src={url} alt="" draggable={false} />
      {board.times_ms.map((ms, i) => {
        const found = foundAt(board.times_ms, i, known)
        return (
          <span key={ms} class={`still ${found ?? ''}`} style={{ left: `${((i % board.columns) * 100) / board.columns}%`, top: `${(Math.floor(i / board.columns) * 100) / rows}%`, width: `${100 / board.columns}%`, height: `${100 / rows}%` }}>
            <span>{clock(ms)}{found === 'here' ? ' known' : found === 'after' ? <> known <span aria-hidden="true">▸</span><span class="hidden"> after it</span></> : ''}</span>
          </span>
        )
      })}
    </div>
  )
}

/** The button, the key and the dialog of a clip. */
export function Clip({ media, film, caseId, known }: { media: Media; film: Film; caseId: string | null; known: Stretch[] }) {
  const open = useSignal(false)
  const can = film.clip != null
  useCommands({ 'work.clip': can ? () => { open.value = true } : null })
  if (!can) return null
  return (
    <>
      <Button kind="quiet" command="work.clip" onClick={() => { open.value = true }}>{film.kind === 'video' ? 'Clip' : 'Listen'}</Button>
      {open.value ? <Player media={media} film={film} caseId={caseId} known={known} close={() => { open.value = false }} /> : null}
    </>
  )
}

function useClip(media: Media, caseId: string | null, part: Which) {
  const url = useSignal<string | null>(null)
  const failed = useSignal<string | null>(null)
  useEffect(() => {
    let mine: string | null = null
    let gone = false
    url.value = failed.value = null
    const load = async () => {
      try {
        const once = await call<Revealed>('POST', ['media', media.id, 'reveal'], { case: caseId, part })
        const answer = await fetch(once.url)
        if (!answer.ok) throw new Error('The clip could not be read.')
        const blob = await answer.blob()
        if (gone) return
        mine = URL.createObjectURL(blob)
        url.value = mine
      } catch (error) {
        const e = explain(error)
        failed.value = `${e.what} ${e.todo}`
      }
    }
    void load()
    return () => {
      gone = true
      if (mine) URL.revokeObjectURL(mine)
    }
  }, [media.id, part])
  return { url, failed }
}

function Player({ media, film, caseId, known, close }: { media: Media; film: Film; caseId: string | null; known: Stretch[]; close: () => void }) {
  const both = film.moments !== undefined && known.length > 0
  const which = useSignal<Which>(both ? 'moments' : 'clip')
  const parts = partsOf(film, which.value)
  const { url, failed } = useClip(media, caseId, which.value)
  const ref = useRef<HTMLMediaElement | null>(null)
  const playing = useSignal(false)
  const seen = useSignal(false)
  const at = useSignal(0)
  const speed = useSignal(2)
  const volume = useSignal(2)
  const video = film.kind === 'video'
  const stop = () => {
    ref.current?.pause()
    seen.value = false
  }
  const play = () => {
    const m = ref.current
    if (!m) return
    seen.value = true
    if (m.paused) m.play().catch((e: unknown) => {
      if (!(e instanceof DOMException && e.name === 'AbortError')) throw e // paused before it began: nothing is wrong
    })
    else m.pause()
  }
  const move = (by: number) => {
    const m = ref.current
    if (!m) return
    m.pause()
    m.currentTime = Math.max(0, Math.min(m.duration || 0, m.currentTime + by))
    seen.value = true
  }
  const part = (by: number) => move((by * parts.part_ms) / 1000)
  const turn = (by: number) => {
    if (video) speed.value = Math.max(0, Math.min(SPEEDS.length - 1, speed.value + by))
    else volume.value = Math.max(0, Math.min(VOLUMES.length - 1, volume.value + by))
    if (ref.current) {
      ref.current.playbackRate = video ? SPEEDS[speed.value]! : 1
      ref.current.volume = VOLUMES[volume.value]!
    }
  }
  const other = () => {
    stop()
    at.value = 0
    which.value = which.value === 'clip' ? 'moments' : 'clip'
  }
  const keys: Record<string, (shift: boolean) => void> = {
    ' ': play,
    ArrowLeft: (shift) => (shift ? part(-1) : move(video ? -STEP_S : -SOUND_STEP_S)),
    ArrowRight: (shift) => (shift ? part(1) : move(video ? STEP_S : SOUND_STEP_S)),
    ArrowUp: () => turn(1),
    ArrowDown: () => turn(-1),
    ...(both && { w: other }),
  }
  const onKey = (e: KeyboardEvent) => {
    const act = keys[e.key]
    if (!act || e.ctrlKey || e.metaKey || e.altKey) return
    e.preventDefault()
    e.stopPropagation()
    if (!e.repeat || e.key !== ' ') act(e.shiftKey)
  }
  useEffect(() => {
    const hidden = () => { if (document.hidden) stop() }
    addEventListener('blur', stop)
    document.addEventListener('visibilitychange', hidden)
    return () => {
      removeEventListener('blur', stop)
      document.removeEventListener('visibilitychange', hidden)
    }
  }, [])
  const events = {
    ref: (m: HTMLMediaElement | null) => {
      ref.current = m
      if (m && m.readyState === 0) m.volume = VOLUMES[volume.value]!
    },
    src: url.value ?? undefined,
    onLoadedMetadata: () => {
      const m = ref.current
      if (!m) return
      m.playbackRate = video ? SPEEDS[speed.value]! : 1
      if (which.value === 'clip' && known[0]) m.currentTime = clipTimeOf(film, 'clip', known[0].from)
    },
    onPlay: () => { playing.value = true },
    onPause: () => { playing.value = false },
    onTimeUpdate: () => { at.value = ref.current?.currentTime ?? 0 },
    onSeeked: () => { at.value = ref.current?.currentTime ?? 0 },
  }
  const { blur = 'strong', grey = false } = prefs.value
  const moment = momentOf(film, which.value, at.value)
  return (
    <Dialog title={video ? 'Clip, without sound' : 'Sound'} class={video ? 'zoom' : ''} close={close}>
      <div class="player" role="group" aria-label={video ? 'Clip' : 'Sound'} tabIndex={0} autofocus onKeyDown={onKey}>
        {video ? (
          <div class={`picture ${seen.value ? 'shown' : 'covered'} blur-${blur} ${grey ? 'keep-grey' : ''}`}>
            {url.value ? <video {...events} muted playsInline disablePictureInPicture onContextMenu={(e) => e.preventDefault()} /> : null}
          </div>
        ) : url.value ? <audio {...events} /> : null}
        {failed.value ? <p class="error-line" role="alert">{failed.value}</p> : null}
        {url.value || failed.value ? null : <p class="quiet" role="status">Fetching …</p>}
        <Timeline film={film} which={which.value} moment={moment} known={known} />
        {known.length ? <p>Something known was found at {stretchText(known)}.</p> : null}
        <p class="player-line">
          <Button kind="quiet" onClick={play}>{playing.value ? 'Pause' : 'Play'} <Key label="Space" /></Button>
          <Button kind="quiet" onClick={() => move(video ? -STEP_S : -SOUND_STEP_S)}>Back <Key label="←" /></Button>
          <Button kind="quiet" onClick={() => move(video ? STEP_S : SOUND_STEP_S)}>On <Key label="→" /></Button>
          <Button kind="quiet" onClick={() => turn(-1)}>{video ? 'Slower' : 'Softer'} <Key label="↓" /></Button>
          <Button kind="quiet" onClick={() => turn(1)}>{video ? 'Faster' : 'Louder'} <Key label="↑" /></Button>
          <span>{clock(moment)} of {clock(film.duration_ms)} · {video ? `${SPEEDS[speed.value]} ×, no sound` : `volume ${Math.round(VOLUMES[volume.value]! * 100)} %`}</span>
        </p>
        <p class="player-line quiet">
          <span>{partsText(film, which.value)}{parts.parts > 1 ? <> <Key label="Shift ←" /> <Key label="Shift →" /> go from part to part.</> : null}</span>
          {both ? <Button kind="quiet" onClick={other}>{which.value === 'clip' ? 'Around what was found' : 'Spread over the whole'} <Key label="W" /></Button> : null}
        </p>
      </div>
    </Dialog>
  )
}

function partsText(film: Film, which: Which): string {
  const { parts, part_ms } = partsOf(film, which)
  if (which === 'clip') return parts > 1 ? `The clip is ${parts} parts of ${clock(part_ms)}, spread over the whole.` : ''
  const places = film.moments?.places ?? 0
  const made = parts > 1 ? `The clip is ${parts} parts of ${clock(part_ms)} around what was found.` : 'The clip is what lies around the place.'
  return places > parts ? `${made} It shows ${parts} of ${places} places.` : made
}

/** Where in the file the clip is, and which parts of the file it shows. */
function Timeline({ film, which, moment, known }: { film: Film; which: Which; moment: number; known: Stretch[] }) {
  const { parts, part_ms } = partsOf(film, which)
  const percent = (ms: number) => `${(ms * 100) / Math.max(1, film.duration_ms)}%`
  return (
    <div class="timeline" role="img" aria-label={`At ${clock(moment)} of ${clock(film.duration_ms)}`}>
      {Array.from({ length: parts }, (_, i) => (
        <span key={i} class="timeline-part" style={{ left: percent(partStart(film, which, i)), width: percent(part_ms) }} />
      ))}
      {known.map((s) => <span key={`${s.from}-${s.to}`} class="timeline-known" style={{ left: percent(s.from), width: percent(s.to - s.from) }} />)}
      <span class="timeline-at" style={{ left: percent(moment) }} />
    </div>
  )
}

/** A sound has nothing to cover: its facts and a way to listen. */
export function SoundOnly({ media, film, caseId, known }: { media: Media; film: Film; caseId: string | null; known: Stretch[] }) {
  return (
    <figure class="preview">
      <div class="picture none sound">
        <p>Sound of {clock(film.duration_ms)}</p>
        <p class="quiet">It never plays by itself, and starts quietly.</p>
      </div>
      <figcaption>
        <span>{filmFacts(media, film)}</span>
        {known.length ? <span>known: {stretchText(known)}</span> : null}
        <Clip media={media} film={film} caseId={caseId} known={known} />
      </figcaption>
    </figure>
  )
}
