// Ctrl K: one line that finds commands of this screen, other screens, and anything by its id.
import { useComputed, useSignal } from '@preact/signals'
import { useRef } from 'preact/hooks'
import { KEYS } from '../app/keys.tbl.ts'
import { isOffered, run } from '../app/keys.ts'
import { go, href } from '../app/router.tsx'
import { Key } from '../ui/basic.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { signOut } from './Shell.tsx'

interface Entry {
  title: string
  label: string
  act: () => void
}

function entries(): Entry[] {
  const known = KEYS
    .filter((row) => !row.keys.includes('-') && !row.typing && row.command !== 'work.reveal' && isOffered(row.command))
    .map((row) => ({ title: row.scope === 'Go to' ? `Go to ${row.help}` : row.help, label: row.label, act: () => void run(row.command) }))
  return [...known, { title: 'Sign out', label: '', act: () => void signOut() }]
}

export function Palette({ close }: { close: () => void }) {
  const text = useSignal('')
  const at = useSignal(0)
  const all = useRef<Entry[]>([])
  if (!all.current.length) all.current = entries()
  const found = useComputed(() => {
    const q = text.value.trim().toLowerCase()
    const hits = all.current.filter((e) => q.split(/\s+/).every((word) => e.title.toLowerCase().includes(word)))
    const search: Entry[] = q ? [{ title: `Search for “${text.value.trim()}”`, label: '', act: () => go(href('search') + '?q=' + encodeURIComponent(text.value.trim())) }] : []
    return [...hits, ...search]
  })
  const take = (entry: Entry | undefined) => {
    if (!entry) return
    close()
    setTimeout(entry.act) // after the dialog has gone: commands are silent while one is open
  }
  const press = (e: KeyboardEvent) => {
    const n = found.value.length
    if (e.key === 'ArrowDown') at.value = (at.value + 1) % n
    else if (e.key === 'ArrowUp') at.value = (at.value + n - 1) % n
    else if (e.key === 'Enter') take(found.value[at.value])
    else return
    e.preventDefault()
  }
  return (
    <Dialog title="Find" class="palette" close={close}>
      <input
        autofocus role="combobox" aria-expanded="true" aria-controls="palette-list" aria-label="Command, or an id of an item, account or case"
        aria-activedescendant={`palette-${at.value}`} placeholder="A command, or an id" value={text.value}
        onInput={(e) => { text.value = e.currentTarget.value; at.value = 0 }} onKeyDown={press}
      />
      <ul id="palette-list" role="listbox" aria-label="Found">
        {found.value.map((entry, i) => (
          <li key={entry.title} id={`palette-${i}`} role="option" aria-selected={i === at.value} onMouseMove={() => { at.value = i }} onClick={() => take(entry)}>
            <span>{entry.title}</span><Key label={entry.label} />
          </li>
        ))}
      </ul>
    </Dialog>
  )
}
