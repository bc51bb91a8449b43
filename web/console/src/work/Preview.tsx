// Pictures. The browser holds a 32-pixel derivative, grey and blurred, until somebody holds Space or the mouse; then a
// re-encoded preview is fetched through an address that works once. Letting go, leaving the picture or the page, and
// zooming cover it again. Each look is recorded by the server.
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { Media, Revealed, Signal } from '../api.ts'
import { bytes } from '../app/format.ts'
import { call, explain } from '../app/http.ts'
import { useCommands } from '../app/keys.ts'
import { prefs } from '../app/state.ts'
import { Button, Key } from '../ui/basic.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Board, Clip, filmFacts, SoundOnly, stretchesOf, stretchText } from './Film.tsx'

interface Props {
  media: Media
  caseId: string | null
  signals?: Signal[]
  zoomed?: boolean
}

function useReveal(media: Media, caseId: string | null) {
  const url = useSignal<string | null>(null)
  const failed = useSignal<string | null>(null)
  const held = useRef(false)
  const cover = () => {
    held.current = false
    url.value = null
  }
  const reveal = async () => {
    if (held.current || !isSeen(media)) return
    held.current = true
    failed.value = null
    try {
      const answer = await call<Revealed>('POST', ['media', media.id, 'reveal'], { case: caseId })
      if (held.current) url.value = answer.url
    } catch (error) {
      const e = explain(error)
      failed.value = `${e.what} ${e.todo}`
      held.current = false
    }
  }
  /** Hold, or press once and press again, as the person prefers. */
  const down = () => {
    if (prefs.value.reveal === 'toggle' && held.current) cover()
    else void reveal()
  }
  const up = () => {
    if (prefs.value.reveal !== 'toggle') cover()
  }
  useEffect(() => {
    const keyUp = (e: KeyboardEvent) => { if (e.key === ' ') up() }
    const hidden = () => { if (document.hidden) cover() }
    addEventListener('keyup', keyUp)
    addEventListener('blur', cover)
    document.addEventListener('visibilitychange', hidden)
    return () => {
      cover()
      removeEventListener('keyup', keyUp)
      removeEventListener('blur', cover)
      document.removeEventListener('visibilitychange', hidden)
    }
  }, [media.id])
  return { url, failed, down, up, cover }
}

/** Of what is damaged there may be something to see. */
const isSeen = (media: Media) => media.state === 'decoded' || (media.state === 'unscannable' && media.film != null)

export function Preview({ media, caseId, signals = [], zoomed }: Props) {
  const r = useReveal(media, caseId)
  const zoom = useSignal(false)
  const shown = r.url.value !== null
  const film = media.film
  const known = stretchesOf(media, signals)
  const what = film ? 'Storyboard' : 'Picture'
  const decoded = isSeen(media)
  const canSee = decoded && (!film || film.board !== undefined)
  useCommands(zoomed ? {} : {
    'work.reveal': canSee ? r.down : null,
    'work.zoom': canSee ? () => { r.cover(); zoom.value = true } : null,
  })
  // Inside the zoom dialog the page's keys are silent; the picture itself has the focus and takes Space.
  const ownSpace = (e: KeyboardEvent) => {
    if (e.key !== ' ' || e.shiftKey) return
    e.preventDefault()
    e.stopPropagation()
    if (!e.repeat) r.down()
  }
  if (!decoded) return <NoPicture media={media} />
  if (film && !film.board) return <SoundOnly media={media} film={film} caseId={caseId} known={known} />
  const { blur = 'strong', grey = false } = prefs.value
  return (
    <figure class={`preview ${zoomed ? 'zoomed' : ''}`}>
      <div
        class={`picture ${shown ? 'shown' : 'covered'} blur-${blur} ${grey ? 'keep-grey' : ''}`}
        role="button"
        tabIndex={0}
        autofocus={zoomed}
        aria-label={shown ? `${what}, shown` : `${what}, covered. Hold Space to see it.`}
        aria-pressed={shown}
        onKeyDown={ownSpace}
        onPointerDown={(e) => { if (e.button === 0) r.down() }}
        onPointerUp={r.up}
        onPointerLeave={r.cover}
        onPointerCancel={r.cover}
        onContextMenu={(e) => e.preventDefault()}
      >
        {shown
          ? film ? <Board film={film} url={r.url.value as string} known={known} /> : <img src={r.url.value as string} alt="" draggable={false} />
          : <img src={`/console/api/media/${media.id}/tiny${caseId ? `?case=${caseId}` : ''}`} alt="" draggable={false} />}
      </div>
      <figcaption>
        <span class="hint">
          {shown ? 'shown while you hold' : <><Key label="Space" /> {prefs.value.reveal === 'toggle' ? 'to see' : 'hold to see'}</>}
        </span>
        <span>{film ? filmFacts(media, film) : `${media.mime.replace('image/', '').toUpperCase()} · ${media.width} × ${media.height} · ${bytes(media.bytes)}`} · muted</span>
        {media.state === 'unscannable' ? <span>only a part of it could be looked at: {media.reason}</span> : null}
        {known.length ? <span>known: {stretchText(known)}</span> : null}
        {film && !zoomed ? <Clip media={media} film={film} caseId={caseId} known={known} /> : null}
        {zoomed ? null : <Button kind="quiet" command="work.zoom" onClick={() => { r.cover(); zoom.value = true }}>Large</Button>}
      </figcaption>
      {r.failed.value ? <p class="error-line" role="alert">{r.failed.value}</p> : null}
      {zoom.value ? (
        <Dialog title={`${what}, large`} class="zoom" close={() => { zoom.value = false }}>
          <Preview media={media} caseId={caseId} signals={signals} zoomed />
        </Dialog>
      ) : null}
    </figure>
  )
}

const WHY_NOT: Record<Media['state'], string> = {
  pending: 'This file is still being decoded.',
  unscannable: 'This file could not be decoded safely, so there is nothing to see.',
  erased: 'The bytes of this file are erased.',
  decoded: '',
}
function NoPicture({ media }: { media: Media }) {
  return (
    <figure class="preview">
      <div class="picture none">
        <p>{WHY_NOT[media.state]}</p>
        {media.reason ? <p class="quiet">Reason: {media.reason}</p> : null}
      </div>
      <figcaption><span>{media.mime || 'unknown type'} · {bytes(media.bytes)}</span></figcaption>
    </figure>
  )
}

/** All pictures of an item: one large, the others as covered thumbnails. The first that something was found in is shown first. */
export function Gallery({ media, caseId, signals }: { media: Media[]; caseId: string | null; signals: Signal[] }) {
  const found = new Map(signals.filter((s) => s.media && s.status === 'ok' && (s.bank || s.policy)).map((s) => [s.media, s.bank?.name ?? s.label]))
  const at = useSignal(Math.max(0, media.findIndex((m) => found.has(m.id))))
  const step = (by: number) => {
    at.value = (at.value + by + media.length) % media.length
  }
  const many = media.length > 1
  useCommands({
    'work.media.next': many ? () => step(1) : null,
    'work.media.back': many ? () => step(-1) : null,
  })
  const one = media[Math.min(at.value, media.length - 1)]
  if (!one) return null
  return (
    <div class="gallery">
      <Preview key={one.id} media={one} caseId={caseId} signals={signals} />
      {many ? (
        <div class="thumbs" role="group" aria-label="Pictures of this item">
          {media.map((m, i) => (
            <button key={m.id} type="button" class="thumb" aria-pressed={i === at.value} aria-label={`Picture ${i + 1} of ${media.length}${found.has(m.id) ? `, in ${found.get(m.id)}` : ''}`} title={found.has(m.id) ? `in ${found.get(m.id)}` : undefined} onClick={() => { at.value = i }}>
              {found.has(m.id) ? <span class="found" aria-hidden="true" /> : null}
              {isSeen(m) && (!m.film || m.film.board) ? <img src={`/console/api/media/${m.id}/tiny${caseId ? `?case=${caseId}` : ''}`} alt="" /> : <span>{m.state === 'unscannable' ? 'not readable' : m.film ? 'sound' : m.state}</span>}
            </button>
          ))}
          <span class="quiet">{at.value + 1} of {media.length}{found.size ? ' · marked: something was found in it' : ''} <Key label="J" /> <Key label="K" /></span>
        </div>
      ) : null}
    </div>
  )
}
