// Getting a second factor: an authenticator app by its picture, a passkey by the browser, recovery codes on paper.
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { NewCodes, NewPasskey, NewPasskeyAsk, NewTotp } from '../api.ts'
import { sentence } from '../app/format.ts'
import { call, Failure } from '../app/http.ts'
import { makePasskey, passkeyProblem } from '../app/passkey.ts'
import { Button, ErrorNote, Field } from '../ui/basic.tsx'
import { say } from '../ui/status.tsx'

/** Black on white in both themes, with the margin that cameras need. */
export function Qr({ rows }: { rows: string[] }) {
  const size = rows.length + 8
  const path = rows.map((row, y) => [...row].map((c, x) => (c === '1' ? `M${x + 4} ${y + 4}h1v1h-1z` : '')).join('')).join('')
  return (
    <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label="Picture for the authenticator app" shape-rendering="crispEdges">
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  )
}

interface Got { done: (codes: string[] | null) => void }

export function NewApp({ done }: Got) {
  const made = useSignal<NewTotp | null>(null)
  const code = useSignal('')
  const problem = useSignal<unknown>(null)
  const wrong = useSignal<string | null>(null)
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => {
    call<NewTotp>('POST', ['session', 'totp'], {}).then((t) => { made.value = t }, (e: unknown) => { problem.value = e })
  }, [])
  useEffect(() => { field.current?.focus() }, [made.value])
  const send = () => call<NewCodes>('PUT', ['session', 'totp'], { code: code.value.trim() }).then((c) => done(c.recovery_codes), (e: unknown) => {
    code.value = ''
    field.current?.focus()
    if (e instanceof Failure && e.status === 422) wrong.value = `${sentence(e.detail)}. Codes depend on the time: the clock of your device must be right.`
    else problem.value = e
  })
  const t = made.value
  return (
    <>
      <ErrorNote error={problem.value} />
      {t ? (
        <form onSubmit={(e) => { e.preventDefault(); wrong.value = null; void send() }}>
          <p>Scan the picture with an authenticator app, or type the secret into it. It is shown this once.</p>
          <Qr rows={t.qr} />
          <p>Secret <code class="secret">{t.secret.replace(/(.{4})(?=.)/g, '$1 ')}</code></p>
          <Field label="Code" help="The six digits that the app shows now" error={wrong.value}><input ref={field} name="code" class="code-input" required inputMode="numeric" autocomplete="one-time-code" maxLength={8} value={code.value} onInput={(e) => { code.value = e.currentTarget.value }} /></Field>
          <Button type="submit" kind="main" onClick={() => undefined}>Use this app</Button>
        </form>
      ) : null}
    </>
  )
}

export function NewKey({ done }: Got) {
  const name = useSignal('')
  const problem = useSignal<unknown>(null)
  const cancelled = useSignal<string | null>(null)
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => { field.current?.focus() }, [])
  const send = async () => {
    problem.value = cancelled.value = null
    try {
      const ask = await call<NewPasskeyAsk>('POST', ['session', 'passkeys', 'begin'], {})
      const made = await makePasskey(ask)
      done((await call<NewPasskey>('POST', ['session', 'passkeys'], { name: name.value.trim(), ...made })).recovery_codes)
    } catch (e) {
      cancelled.value = passkeyProblem(e)
      if (!cancelled.value) problem.value = e
    }
  }
  return (
    <form onSubmit={(e) => { e.preventDefault(); void send() }}>
      <p>A passkey is a security key, or kept by this device and opened by your finger, face or PIN. The browser asks for it next.</p>
      <Field label="Name" help="So that you know it again: blue key, work laptop" error={cancelled.value}><input ref={field} name="passkey-name" required maxLength={60} value={name.value} onInput={(e) => { name.value = e.currentTarget.value }} /></Field>
      <ErrorNote error={problem.value} />
      <Button type="submit" kind="main" onClick={() => undefined}>Make the passkey</Button>
    </form>
  )
}

export function Codes({ codes, done }: { codes: string[]; done: () => void }) {
  const first = useRef<HTMLDivElement>(null)
  useEffect(() => { first.current?.focus() }, [])
  return (
    <div tabIndex={-1} ref={first} class="quiet-focus">
      <p>If your device is lost, each of these codes lets you in once. They are shown this once: print them, or keep them where you keep passwords.</p>
      <ol class="codes">{codes.map((c) => <li key={c}><code>{c}</code></li>)}</ol>
      <p class="ways">
        <Button onClick={() => print()}>Print</Button>
        <Button onClick={() => void navigator.clipboard.writeText(codes.join('\n')).then(() => say('Copied.'))}>Copy</Button>
        <Button kind="main" onClick={done}>I have kept them</Button>
      </p>
    </div>
  )
}
