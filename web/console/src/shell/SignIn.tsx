// Signing in, and signing in again over a screen whose session has ended: what was there stays.
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { PasskeyAsk, SecondStep, Session } from '../api.ts'
import { call, explain, Failure } from '../app/http.ts'
import { canPasskey, passkeyProblem, usePasskey } from '../app/passkey.ts'
import { enter, session } from '../app/state.ts'
import { Button, Field } from '../ui/basic.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Second } from '../ui/second.tsx'
import { forget } from '../work/state.ts'

function Form({ name, done }: { name?: string; done?: () => void }) {
  const user = useSignal(name ?? '')
  const password = useSignal('')
  const problem = useSignal<string | null>(null)
  const busy = useSignal(false)
  const step = useSignal<SecondStep | null>(null)
  const first = useRef<HTMLInputElement>(null)
  useEffect(() => { if (!name) first.current?.focus() }, [])
  const welcome = (s: Session) => {
    if (name && s.user.name !== name) forget()
    enter(s)
    done?.()
  }
  const attempt = async (wrong: string, work: () => Promise<void>) => {
    busy.value = true
    problem.value = null
    try {
      await work()
    } catch (error) {
      const e = explain(error)
      problem.value = passkeyProblem(error) ?? (error instanceof Failure && error.status === 401 ? wrong : `${e.what} ${e.todo}`)
      password.value = ''
      first.current?.focus()
    } finally {
      busy.value = false
    }
  }
  const send = () => attempt('Name or password is not right.', async () => {
    const s = await call<Session | SecondStep>('POST', ['session'], { name: user.value.trim(), password: password.value })
    if ('user' in s) welcome(s)
    else step.value = s
  })
  const alone = () => attempt('This passkey is not known here.', async () => {
    const ask = await call<PasskeyAsk>('POST', ['session', 'passkey'], {})
    welcome(await call<Session>('POST', ['session', 'second'], { ...await usePasskey(ask), alone: true }))
  })
  const over = () => {
    step.value = null
    password.value = ''
    problem.value = 'That took too long. Begin again.'
  }
  if (step.value) return (
    <>
      <p>The password is right. Show one more proof that it is you.</p>
      <Second step={step.value} over={over} send={async (proof) => welcome(await call<Session>('POST', ['session', 'second'], proof))} />
      <p><Button kind="quiet" onClick={() => { step.value = null; password.value = '' }}>Back</Button></p>
    </>
  )
  return (
    <form class="sign-in-form" onSubmit={(e) => { e.preventDefault(); if (!busy.value) void send() }}>
      <Field label="Name">
        <input ref={name ? undefined : first} name="name" autocomplete="username" autocapitalize="none" spellcheck={false} required value={user.value} onInput={(e) => { user.value = e.currentTarget.value }} />
      </Field>
      <Field label="Password">
        <input ref={name ? first : undefined} name="password" type="password" autofocus={name !== undefined} autocomplete="current-password" required value={password.value} onInput={(e) => { password.value = e.currentTarget.value }} />
      </Field>
      {problem.value ? <p class="error-line" role="alert">{problem.value}</p> : null}
      <Button type="submit" kind="main" disabled={busy.value} onClick={() => undefined}>Sign in</Button>
      {canPasskey() ? <Button disabled={busy.value} onClick={() => void alone()}>Sign in with a passkey</Button> : null}
      {name ? null : <p class="quiet">No account, or the password is lost? An operator makes one with <code>tutela user</code>.</p>}
    </form>
  )
}

export function SignIn() {
  return (
    <main class="sign-in">
      <h1>Tutela</h1>
      <Form />
    </main>
  )
}

export function SignInAgain() {
  const name = session.value?.user.name ?? ''
  return (
    <Dialog title="Your session has ended" close={null}>
      <p>What is on this page stays. Sign in again to go on.</p>
      <Form name={name} />
      <p><Button kind="quiet" onClick={() => { forget(); session.value = null }}>Sign in as somebody else</Button></p>
    </Dialog>
  )
}
