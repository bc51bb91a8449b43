// Every key of the console, once. The handler, the `?` dialog, the labels on the buttons, the palette and
// the table in doc/moderate.md are made from these rows. `keys` is in the notation of tinykeys; `label` is what people read.
// Letters that stand here for Work are not given to actions (see assignKeys in work/choice.ts).

export type KeyScope = 'Everywhere' | 'Go to' | 'Work' | 'Clip' | 'Lists'
export interface KeyRow {
  keys: string
  label: string
  command: string
  scope: KeyScope
  help: string
  typing?: true // acts while somebody types, too
}

export const KEYS: readonly KeyRow[] = [
  { keys: '$mod+k', label: 'Ctrl K', command: 'app.palette', scope: 'Everywhere', help: 'Find a command, an item, a case', typing: true },
  { keys: 'Shift+?', label: '?', command: 'app.help', scope: 'Everywhere', help: 'Show these keys' },
  { keys: 'u', label: 'U', command: 'work.undo', scope: 'Everywhere', help: 'Undo the last decision' },

  { keys: 'g w', label: 'G W', command: 'go.work', scope: 'Go to', help: 'Work' },
  { keys: 'g q', label: 'G Q', command: 'go.queues', scope: 'Go to', help: 'Queues' },
  { keys: 'g s', label: 'G S', command: 'go.search', scope: 'Go to', help: 'Search' },
  { keys: 'g b', label: 'G B', command: 'go.banks', scope: 'Go to', help: 'Banks' },
  { keys: 'g r', label: 'G R', command: 'go.rules', scope: 'Go to', help: 'Rules' },
  { keys: 'g d', label: 'G D', command: 'go.deliveries', scope: 'Go to', help: 'Deliveries' },
  { keys: 'g a', label: 'G A', command: 'go.alarms', scope: 'Go to', help: 'Alarms' },
  { keys: 'g f', label: 'G F', command: 'go.figures', scope: 'Go to', help: 'Figures' },
  { keys: 'g k', label: 'G K', command: 'go.keys', scope: 'Go to', help: 'API keys' },
  { keys: 'g v', label: 'G V', command: 'go.approvals', scope: 'Go to', help: 'Approvals' },
  { keys: 'g c', label: 'G C', command: 'go.crisis', scope: 'Go to', help: 'Crisis mode' },
  { keys: 'g p', label: 'G P', command: 'go.people', scope: 'Go to', help: 'People' },
  { keys: 'g t', label: 'G T', command: 'go.audit', scope: 'Go to', help: 'Audit' },
  { keys: 'g m', label: 'G M', command: 'go.security', scope: 'Go to', help: 'My sign-in' },
  { keys: 'g o', label: 'G O', command: 'go.settings', scope: 'Go to', help: 'Settings' },

  { keys: 'Space', label: 'Space', command: 'work.reveal', scope: 'Work', help: 'Hold to see the picture, or the storyboard of a video' },
  { keys: 'Shift+Space', label: 'Shift Space', command: 'work.zoom', scope: 'Work', help: 'Show the picture large (still covered)' },
  { keys: 'v', label: 'V', command: 'work.clip', scope: 'Work', help: 'Open the clip of a video, or listen to a sound' },
  { keys: 'j', label: 'J', command: 'work.media.next', scope: 'Work', help: 'Next picture' },
  { keys: 'k', label: 'K', command: 'work.media.back', scope: 'Work', help: 'Picture before' },
  { keys: 't', label: 'T', command: 'work.thread', scope: 'Work', help: 'Open or close the thread' },
  { keys: 'm', label: 'M', command: 'work.values', scope: 'Work', help: 'Measurements: scores and values' },
  { keys: 'c', label: 'C', command: 'work.copies', scope: 'Work', help: 'Copies: see them, or decide for all of them' },
  { keys: 'p', label: 'P', command: 'work.policy.text', scope: 'Work', help: 'Read the policy' },
  { keys: '0', label: '0', command: 'work.clear', scope: 'Work', help: 'Not violating' },
  { keys: '1-9', label: '1 … 9', command: 'work.policy', scope: 'Work', help: 'Choose the policy and its actions' },
  { keys: '/', label: '/', command: 'work.policy.other', scope: 'Work', help: 'Find another policy' },
  { keys: 'a-z', label: 'A … Z', command: 'work.action', scope: 'Work', help: 'Add or take away the action with this letter' },
  { keys: '.', label: '.', command: 'work.action.other', scope: 'Work', help: 'Find another action' },
  { keys: 'Enter', label: 'Enter', command: 'work.decide', scope: 'Work', help: 'Decide and go to the next case' },
  { keys: '$mod+Enter', label: 'Ctrl Enter', command: 'work.decide', scope: 'Work', help: 'The same, while writing', typing: true },
  { keys: 'n', label: 'N', command: 'work.note', scope: 'Work', help: 'Write a note' },
  { keys: 'e', label: 'E', command: 'work.move', scope: 'Work', help: 'Escalate: move the case to another queue' },
  { keys: 's', label: 'S', command: 'work.skip', scope: 'Work', help: 'Skip the case, with a reason' },

  // These act inside the clip's own dialog, which takes them itself.
  { keys: 'Space', label: 'Space', command: 'clip.play', scope: 'Clip', help: 'Play or pause' },
  { keys: 'ArrowLeft', label: '←', command: 'clip.back', scope: 'Clip', help: 'One picture back; of a sound, 5 seconds' },
  { keys: 'ArrowRight', label: '→', command: 'clip.on', scope: 'Clip', help: 'One picture on; of a sound, 5 seconds' },
  { keys: 'Shift+ArrowLeft', label: 'Shift ←', command: 'clip.part.back', scope: 'Clip', help: 'The part before' },
  { keys: 'Shift+ArrowRight', label: 'Shift →', command: 'clip.part.on', scope: 'Clip', help: 'The next part' },
  { keys: 'w', label: 'W', command: 'clip.whole', scope: 'Clip', help: 'Around what was found, or spread over the whole' },
  { keys: 'ArrowUp', label: '↑', command: 'clip.more', scope: 'Clip', help: 'Faster; a sound louder' },
  { keys: 'ArrowDown', label: '↓', command: 'clip.less', scope: 'Clip', help: 'Slower; a sound softer' },

  { keys: 'j', label: 'J', command: 'list.next', scope: 'Lists', help: 'Next row' },
  { keys: 'k', label: 'K', command: 'list.back', scope: 'Lists', help: 'Row before' },
  { keys: 'Enter', label: 'Enter', command: 'list.open', scope: 'Lists', help: 'Open the row' },
  { keys: '/', label: '/', command: 'list.filter', scope: 'Lists', help: 'Search or filter' },
  { keys: 'n', label: 'N', command: 'list.new', scope: 'Lists', help: 'Create a new one' },
]

/** The label printed on the button of a command. */
export function keyLabel(command: string): string {
  return KEYS.find((row) => row.command === command)?.label ?? ''
}

/** Letters that actions may not have, since Work uses them. */
export const RESERVED: ReadonlySet<string> = new Set(
  KEYS.filter((r) => r.scope !== 'Lists' && r.scope !== 'Clip' && /^[a-z]( |$)/.test(r.keys)).map((r) => r.keys[0] as string),
)
