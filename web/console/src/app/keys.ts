// Turns key presses into commands. A screen offers commands while it is shown (useCommands); a key whose command nobody
// offers does nothing. Nothing fires while somebody types, and while a dialog is open only the dialog's own keys do.
import { useLayoutEffect, useRef } from 'preact/hooks'
import { tinykeys } from 'tinykeys'
import { KEYS, type KeyRow } from './keys.tbl.ts'
import { prefs } from './state.ts'

export type Run = (arg: string, event?: KeyboardEvent) => void
const offered = new Map<string, Run[]>()

/** Runs a command if somebody offers it; the last to offer it answers. */
export function run(command: string, arg = '', event?: KeyboardEvent): boolean {
  const last = offered.get(command)?.at(-1)
  last?.(arg, event)
  return last !== undefined
}

export function isOffered(command: string): boolean {
  return (offered.get(command)?.length ?? 0) > 0
}

/** Offers commands for as long as the component is shown. A null is not offered. */
export function useCommands(commands: Record<string, Run | null>): void {
  const latest = useRef(commands)
  latest.current = commands
  const names = Object.keys(commands).filter((name) => commands[name]).join(' ')
  useLayoutEffect(() => {
    const mine = names.split(' ').filter(Boolean).map((name) => {
      const call: Run = (arg, event) => latest.current[name]?.(arg, event)
      offered.set(name, [...(offered.get(name) ?? []), call])
      return () => offered.set(name, (offered.get(name) ?? []).filter((other) => other !== call))
    })
    return () => mine.forEach((undo) => undo())
  }, [names])
}

const WRITES = 'input:not([type=checkbox]):not([type=radio]):not([type=button]), textarea, select, [contenteditable]'
const ACTS = 'button, a[href], summary, input, [role=option], [role=radio], [role=checkbox]'

export function isTyping(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest(WRITES) !== null
}

/** Something that Enter and Space act on. */
export function isControl(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest(ACTS) !== null
}

/** Enter and Space belong to the control that has the focus. */
function belongsToControl(event: KeyboardEvent): boolean {
  return (event.key === 'Enter' || event.key === ' ') && isControl(event.target)
}

function press(row: KeyRow, arg: string, event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing) return
  const chord = row.typing === true
  if (!chord && (prefs.value.keys === false || isTyping(event.target) || belongsToControl(event))) return
  if (document.querySelector('dialog[open]')) return
  if (event.repeat && row.command !== 'list.next' && row.command !== 'list.back') {
    if (isOffered(row.command)) event.preventDefault()
    return
  }
  if (run(row.command, arg, event)) event.preventDefault()
}

/** Ranges become single keys; signs are taken with and without Shift, since keyboards differ. */
function expand(keys: string): string[] {
  if (keys === '/' || keys === 'Shift+?') return [keys.at(-1)!, 'Shift+' + keys.at(-1)]
  const range = /^(\w)-(\w)$/.exec(keys)
  if (!range) return [keys]
  const [from, to] = [range[1]!.charCodeAt(0), range[2]!.charCodeAt(0)]
  return Array.from({ length: to - from + 1 }, (_, i) => String.fromCharCode(from + i))
}

/** Rows with one key: the first whose command is offered takes the press. Sequences come first, ranges last. */
export function bindings(): Record<string, (event: KeyboardEvent) => void> {
  const rows = new Map<string, { row: KeyRow; arg: string }[]>()
  const isRange = (row: KeyRow) => Number(expand(row.keys).length > 2)
  for (const row of [...KEYS].sort((a, b) => isRange(a) - isRange(b))) {
    for (const one of expand(row.keys)) {
      rows.set(one, [...(rows.get(one) ?? []), { row, arg: one }])
    }
  }
  const order = [...rows].sort(([a], [b]) => b.split(' ').length - a.split(' ').length)
  return Object.fromEntries(order.map(([keys, list]) => [
    keys,
    (event: KeyboardEvent) => list.forEach(({ row, arg }) => press(row, arg, event)),
  ]))
}

export function listen(): void {
  tinykeys(window, bindings(), { timeout: 800 })
}
