// Signing in, and signing in again over a screen whose session has ended: what was there stays.
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { Session } from '../api.ts'
import { call, explain, Failure } from '../app/http.ts'
import { enter, session } from '../app/state.ts'
import { Button, Field } from '../ui/basic.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { forget } from '../work/state.ts'

function Form({ name, done }: { name?: string; done?: () => void }) {
  const user = useSignal(name ?? '')
  const password = useSignal('')
  const problem = useSignal<string | null>(null)
  const busy = useSignal(false)
  const first = useRef<HTMLInputElement>(null)
  useEffect(() => { if (!name) first.current?.focus() }, [])
  const send = async () => {
    busy.value = true
    problem.value = null
    try {
      const s = await call<Session>('POST', ['session'], { name: user.value.trim(), password: password.value })
      if (name && s.user.name !== name) forget()
      enter(s)
      done?.()
    } catch (error) {
      const e = explain(error)
      problem.value = error instanceof Failure && error.status === 401 ? 'Name or password is not right.' : `${e.what} ${e.todo}`
      password.value = ''
      first.current?.focus()
    } finally {
      busy.value = false
    }
  }
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
    </form>
  )
}

export function SignIn() {
  return (
    <main class="sign-in">
      <h1>Tutela</h1>
      <Form />
      <p class="quiet">No account, or the password is lost? An operator makes one with <code>tutela user</code>.</p>
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
