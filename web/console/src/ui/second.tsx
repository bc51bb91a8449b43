// Proving who it is beside the password: a code, a passkey, a recovery code. Used at sign-in and when a proof is due.
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { Proof, SecondStep } from '../api.ts'
import { sentence } from '../app/format.ts'
import { explain, Failure } from '../app/http.ts'
import { canPasskey, passkeyProblem, usePasskey } from '../app/passkey.ts'
import { Button, Field } from './basic.tsx'

/** `send` throws what the server refused. `over`: it took too long, begin again. */
export function Second({ step, send, over }: { step: SecondStep; send: (proof: Proof) => Promise<void>; over: () => void }) {
  const way = useSignal<'code' | 'recovery'>(step.totp ? 'code' : 'recovery')
  const shown = useSignal(step.totp)
  const text = useSignal('')
  const problem = useSignal<string | null>(null)
  const wrong = useSignal(0)
  const busy = useSignal(false)
  const field = useRef<HTMLInputElement>(null)
  const key = useRef<HTMLDivElement>(null)
  const passkey = step.passkey && canPasskey() ? step.passkey : null
  useEffect(() => {
    if (shown.value) field.current?.focus()
    else key.current?.querySelector('button')?.focus()
  }, [shown.value, way.value])
  const attempt = async (make: () => Promise<Proof>) => {
    if (busy.value) return
    busy.value = true
    problem.value = null
    try {
      await send(await make())
    } catch (error) {
      const e = explain(error)
      if (error instanceof Failure && error.status === 410) over()
      problem.value = passkeyProblem(error) ?? (error instanceof Failure && (error.status === 401 || error.status === 422) ? sentence(error.detail) : `${e.what} ${e.todo}`)
      wrong.value++
      text.value = ''
      if (shown.value) field.current?.focus()
    } finally {
      busy.value = false
    }
  }
  const isCode = way.value === 'code'
  const other = isCode ? 'recovery' : 'code'
  return (
    <div class="second">
      {passkey ? <div ref={key}><Button kind={shown.value ? undefined : 'main'} disabled={busy.value} onClick={() => void attempt(() => usePasskey(passkey))}>Use a passkey</Button></div> : null}
      {shown.value ? (
        <form class="sign-in-form" onSubmit={(e) => { e.preventDefault(); void attempt(async () => (isCode ? { code: text.value.trim() } : { recovery: text.value.trim() })) }}>
          <Field label={isCode ? 'Code' : 'Recovery code'} help={isCode ? 'Six digits from your authenticator app; they change every half minute.' : `One of the codes that you kept; each works once. ${step.recovery_left} left.`}>
            <input ref={field} key={way.value} name="code" class="code-input" required autocomplete={isCode ? 'one-time-code' : 'off'} inputMode={isCode ? 'numeric' : 'text'} autocapitalize={isCode ? 'none' : 'characters'} spellcheck={false} maxLength={isCode ? 8 : 16} value={text.value} onInput={(e) => { text.value = e.currentTarget.value }} />
          </Field>
          <Button type="submit" kind="main" disabled={busy.value} onClick={() => undefined}>Go on</Button>
        </form>
      ) : null}
      {problem.value ? <p class="error-line" role="alert">{problem.value}</p> : null}
      {wrong.value > 1 && isCode && shown.value ? <p class="quiet">Refused again? Codes depend on the time: set the clock of your device to automatic.</p> : null}
      <p class="ways">
        {shown.value && step.totp && step.recovery_left ? <Button kind="quiet" onClick={() => { way.value = other; problem.value = null; text.value = '' }}>{isCode ? 'Device lost? Use a recovery code' : 'Use a code of the app'}</Button> : null}
        {!shown.value && step.recovery_left ? <Button kind="quiet" onClick={() => { shown.value = true }}>Passkey lost? Use a recovery code</Button> : null}
        {shown.value && !step.totp ? <Button kind="quiet" onClick={() => { shown.value = false }}>Use a passkey instead</Button> : null}
      </p>
      <p class="quiet">Nothing at hand? An administrator can reset your second factor.</p>
    </div>
  )
}
