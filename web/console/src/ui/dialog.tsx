// A native modal dialog: the browser keeps the focus inside, Esc closes it, and the focus goes back afterwards: to the control
// that opened it by key. One that was clicked does not keep it, so that Enter afterwards means what it means on the screen.
import type { ComponentChildren } from 'preact'
import { useId, useLayoutEffect, useRef } from 'preact/hooks'
import { isControl } from '../app/keys.ts'

interface DialogProps {
  title: string
  close: (() => void) | null // null: it cannot be left
  wide?: boolean
  class?: string
  children: ComponentChildren
}
export function Dialog(p: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null)
  const id = useId()
  // At once, not after painting: whoever presses Ctrl K and types on must not type into the page behind.
  useLayoutEffect(() => {
    const before = document.activeElement
    const dialog = ref.current
    const clicked = before instanceof HTMLElement && isControl(before) && !before.matches(':focus-visible')
    if (clicked) before.blur() // or the browser itself gives it the focus back
    if (dialog && !dialog.open) dialog.showModal()
    return () => {
      dialog?.close()
      if (clicked) return
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true })
      if (document.activeElement === document.body) document.querySelector<HTMLElement>('main h1')?.focus({ preventScroll: true }) // it is gone or switched off
    }
  }, [])
  const backdrop = (e: MouseEvent) => {
    if (e.target === ref.current) p.close?.()
  }
  return (
    <dialog ref={ref} class={`${p.wide ? 'wide' : ''} ${p.class ?? ''}`} aria-labelledby={id} onCancel={(e) => { e.preventDefault(); p.close?.() }} onMouseDown={backdrop}>
      <div class="dialog-body">
        <header>
          <h2 id={id}>{p.title}</h2>
          {p.close ? <button type="button" class="button quiet" onClick={p.close}>Close <kbd aria-hidden="true">Esc</kbd></button> : null}
        </header>
        {p.children}
      </div>
    </dialog>
  )
}

/** What comes at the end of a long dialog is shown when it comes. */
export function useInView(when: boolean) {
  const ref = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => { if (when) ref.current?.scrollIntoView({ block: 'end' }) }, [when])
  return ref
}
