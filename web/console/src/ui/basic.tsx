// The small parts that every screen is made of.
import type { ComponentChildren, JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { Severity } from '../api.ts'
import { ago, left, MINUTE, sentence, short, when } from '../app/format.ts'
import { explain, Failure } from '../app/http.ts'
import { keyLabel } from '../app/keys.tbl.ts'
import { now, nowish, prefs } from '../app/state.ts'
import { say } from './status.tsx'

type Children = { children?: ComponentChildren }

/** A key as printed on what it does. Screen readers learn keys from aria-keyshortcuts and the `?` dialog instead. */
export function Key({ label }: { label: string }) {
  if (!label || prefs.value.keys === false) return null
  return <kbd aria-hidden="true">{label}</kbd>
}

/** Clicking a button with the mouse leaves the focus where it was, so that Space and Enter keep their meaning in Work. */
export function stay(e: MouseEvent): void {
  if (e.target instanceof Element && e.target.closest('button, summary')) e.preventDefault()
}

interface ButtonProps extends Children {
  onClick: () => void
  command?: string // its key is printed on the button
  kind?: 'main' | 'quiet' | 'danger'
  disabled?: boolean
  type?: 'button' | 'submit'
  title?: string
  pressed?: boolean
  expanded?: boolean
  class?: string
}
export function Button(p: ButtonProps) {
  const label = p.command ? keyLabel(p.command) : ''
  return (
    <button
      type={p.type ?? 'button'}
      class={`button ${p.kind ?? ''} ${p.class ?? ''}`}
      disabled={p.disabled}
      title={p.title}
      aria-pressed={p.pressed}
      aria-expanded={p.expanded}
      aria-keyshortcuts={label || undefined}
      onClick={p.onClick}
    >
      {p.children}
      <Key label={label} />
    </button>
  )
}

const SHAPES: Record<Severity, JSX.Element> = {
  critical: <path d="M6 0.5 11.5 6 6 11.5 0.5 6z" />,
  high: <path d="M6 1 11.5 11H0.5z" />,
  medium: <rect x="1.5" y="1.5" width="9" height="9" />,
  low: <circle cx="6" cy="6" r="4" fill="none" stroke="currentColor" stroke-width="2" />,
}
export function SeverityMark({ of, bare }: { of: Severity; bare?: boolean }) {
  return (
    <span class={`severity ${of}`} title={bare ? of : undefined}>
      <svg viewBox="0 0 12 12" width="10" height="10" fill="currentColor" role={bare ? 'img' : undefined} aria-label={bare ? of : undefined} aria-hidden={bare ? undefined : true}>
        {SHAPES[of]}
      </svg>
      {bare ? null : <span>{of}</span>}
    </span>
  )
}

export function Ago({ time }: { time: string | null }) {
  return <time dateTime={time ?? undefined} title={time ? `${when(time)} (${time})` : undefined}>{ago(time, nowish.value)}</time>
}
export function When({ time }: { time: string | null }) {
  return <time dateTime={time ?? undefined} title={time ?? undefined}>{when(time)}</time>
}
export function Left({ clock }: { clock: string | null }) {
  const near = clock !== null && Math.abs(Date.parse(clock) - nowish.value) < 11 * MINUTE
  const l = left(clock, near ? now.value : nowish.value)
  return <span class={`clock ${l.late ? 'late' : l.soon ? 'soon' : ''}`} title={clock ? `until ${when(clock)}` : undefined}>{l.text}</span>
}

/** An id in monospace, shortened, copied by a click. */
export function Id({ id, full }: { id: string; full?: boolean }) {
  const copy = () => void navigator.clipboard?.writeText(id).then(() => say('Copied.'))
  return <button type="button" class="id" title={`${id}\nClick to copy`} onClick={copy}>{full ? id : short(id)}</button>
}

/** Test data is marked wherever it stands beside live data. */
export function TestMark({ live }: { live: boolean }) {
  return live ? null : <span class="tag">test</span>
}

export function Tag(p: Children & { title?: string; tone?: 'good' | 'bad' | 'warn' | 'quiet' }) {
  return <span class={`tag ${p.tone ?? ''}`} title={p.title}>{p.children}</span>
}

export function Empty({ title, children }: Children & { title: string }) {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {children}
    </div>
  )
}

export function ErrorNote({ error, retry }: { error: unknown; retry?: () => void }) {
  if (!error) return null
  const e = explain(error)
  const proposed = error instanceof Failure && error.status === 202 // as it should be, only not done yet
  return (
    <div class={proposed ? 'error proposed' : 'error'} role={proposed ? 'status' : 'alert'}>
      <p><strong>{sentence(e.what)}</strong></p>
      <p>{e.safe} {e.todo}</p>
      {retry ? <Button onClick={retry}>Try again</Button> : null}
    </div>
  )
}

export function Facts({ rows }: { rows: [string, ComponentChildren][] }) {
  return (
    <dl class="facts">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

/** A heading that takes the focus when its screen opens, so that keys and screen readers start there. */
export function Title(p: Children & { aside?: ComponentChildren }) {
  const ref = useRef<HTMLHeadingElement>(null)
  useEffect(() => ref.current?.focus({ preventScroll: true }), [])
  return (
    <header class="title">
      <h1 tabIndex={-1} ref={ref}>{p.children}</h1>
      <div class="title-aside">{p.aside}</div>
    </header>
  )
}

export function Field(p: Children & { label: string; help?: string; error?: string | null }) {
  return (
    <label class="field">
      <span class="field-label">{p.label}</span>
      {p.children}
      {p.help ? <span class="field-help">{p.help}</span> : null}
      {p.error ? <span class="field-error" role="alert">{p.error}</span> : null}
    </label>
  )
}

