// One line at the foot of the page that says what just happened, and is read out by screen readers.
import { signal } from '@preact/signals'

const line = signal('')
let timer = 0

export function say(text: string, ms = 5000): void {
  line.value = text
  clearTimeout(timer)
  timer = window.setTimeout(() => {
    line.value = ''
  }, ms)
}

export function StatusLine() {
  return <div class={`status ${line.value ? 'shown' : ''}`} role="status" aria-live="polite">{line.value}</div>
}
