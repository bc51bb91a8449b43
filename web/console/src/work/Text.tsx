// Text written by others, as text. Terms that a list found are marked; characters that hide or reorder text are shown.
import type { Signal } from '../api.ts'
import { pieces, type Span } from '../app/utf8.ts'

export function spansOf(signals: Signal[], field: string): Span[] {
  return signals
    .filter((s) => s.field === field && s.span_from !== null && s.span_to !== null)
    .map((s) => ({ from: s.span_from as number, to: s.span_to as number, title: s.bank?.name ?? s.label }))
}

export function HostileText({ text, spans = [] }: { text: string; spans?: Span[] }) {
  return (
    <span class="hostile" dir="auto">
      {pieces(text, spans).map((p, i) => {
        const body = p.hidden ? <span class="hidden-char" title="An invisible character">{p.hidden}</span> : p.text
        if (!p.titles.length) return p.hidden ? <span key={i}>{body}</span> : body
        return <mark key={i} title={`on the list ${p.titles.join(', ')}`}>{body}</mark>
      })}
    </span>
  )
}
