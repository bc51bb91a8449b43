// A native modal dialog: the browser keeps the focus inside, Esc closes it, and the focus goes back afterwards.
import type { ComponentChildren } from 'preact'
import { useId, useLayoutEffect, useRef } from 'preact/hooks'

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
    if (dialog && !dialog.open) dialog.showModal()
    return () => {
      dialog?.close()
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true })
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
