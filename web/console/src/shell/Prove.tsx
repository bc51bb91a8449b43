// Asks again who it is, over whatever is on the screen: the server wants a fresh proof for what was asked of it.
import { signal, useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { Proof, SecondStep } from '../api.ts'
import { sentence } from '../app/format.ts'
import { asProver, call, explain, Failure } from '../app/http.ts'
import { Button, Field } from '../ui/basic.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Second } from '../ui/second.tsx'

const asked = signal<((proved: boolean) => void) | null>(null)
asProver(() => new Promise((done) => { asked.value = done }))

export function Prove() {
  return asked.value ? <Ask done={asked.value} /> : null
}

function Ask({ done }: { done: (proved: boolean) => void }) {
  const step = useSignal<SecondStep | null>(null)
  const problem = useSignal<string | null>(null)
  const password = useSignal('')
  const end = (proved: boolean) => {
    asked.value = null
    done(proved)
  }
  const failed = (error: unknown) => { problem.value = error instanceof Failure && error.status === 422 ? sentence(error.detail) : explain(error).what }
  const begin = () => call<SecondStep>('POST', ['session', 'prove', 'ask'], {}).then((s) => { step.value = s }, failed)
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => { void begin() }, [])
  useEffect(() => { field.current?.focus() }, [step.value])
  const send = async (proof: Proof) => {
    await call<void>('POST', ['session', 'prove'], proof)
    end(true)
  }
  const s = step.value
  return (
    <Dialog title="Is it still you?" close={() => end(false)}>
      <p>This is a grave change, so show once more that it is you. It counts for some minutes.</p>
      {s && (s.totp || s.passkey) ? <Second step={s} send={send} over={() => void begin()} /> : null}
      {s && !s.totp && !s.passkey ? (
        <form onSubmit={(e) => { e.preventDefault(); void send({ password: password.value }).catch((error: unknown) => { password.value = ''; field.current?.focus(); failed(error) }) }}>
          <Field label="Password"><input ref={field} type="password" required autocomplete="current-password" value={password.value} onInput={(e) => { password.value = e.currentTarget.value }} /></Field>
          <Button type="submit" kind="main" onClick={() => undefined}>Go on</Button>
        </form>
      ) : null}
      {problem.value ? <p class="error-line" role="alert">{problem.value}</p> : null}
    </Dialog>
  )
}
