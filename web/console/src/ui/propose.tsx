// When the server says that an operation needs a second person, this asks for a reason and proposes it; the operation then
// waits in Approvals. Works for every operation, since a proposal is the request itself.
import { signal, useSignal } from '@preact/signals'
import { asProposer, call } from '../app/http.ts'
import { Button, ErrorNote, Field } from './basic.tsx'
import { Dialog } from './dialog.tsx'
import { say } from './status.tsx'

interface Asked {
  method: string
  path: string
  body: unknown
  done: (proposed: boolean) => void
}
const asked = signal<Asked | null>(null)

asProposer((method, path, body) => new Promise((done) => { asked.value = { method, path, body, done } }))

export function ProposeDialog() {
  return asked.value ? <Ask key={asked.value.path} of={asked.value} /> : null
}

function Ask({ of: a }: { of: Asked }) {
  const reason = useSignal('')
  const problem = useSignal<unknown>(null)
  const end = (proposed: boolean) => {
    asked.value = null
    a.done(proposed)
  }
  const send = () => void call('POST', ['approvals'], { method: a.method, path: a.path, body: a.body ?? {}, reason: reason.value.trim() }).then(() => { say('Proposed. Another person must confirm it in Approvals.'); end(true) }, (e: unknown) => { problem.value = e })
  return (
    <Dialog title="This needs a second person" close={() => end(false)}>
      <p>Nothing is done yet. Say why; somebody else who may do the same confirms or refuses it.</p>
      <form onSubmit={(e) => { e.preventDefault(); send() }}>
        <Field label="Why"><input required autofocus maxLength={2000} value={reason.value} onInput={(e) => { reason.value = e.currentTarget.value }} /></Field>
        <ErrorNote error={problem.value} />
        <Button type="submit" kind="main" disabled={!reason.value.trim()} onClick={() => undefined}>Propose it</Button>
      </form>
    </Dialog>
  )
}
