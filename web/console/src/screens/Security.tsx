// One's own safety: second factors, password, and where one is signed in.
import { useSignal } from '@preact/signals'
import type { NewCodes, Passkey, Security, SignedIn } from '../api.ts'
import { sentence } from '../app/format.ts'
import { call, explain, Failure, get } from '../app/http.ts'
import { canPasskey } from '../app/passkey.ts'
import { session } from '../app/state.ts'
import { Ago, Button, ErrorNote, Field, Tag, Title } from '../ui/basic.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { useLoad } from '../ui/load.ts'
import { say } from '../ui/status.tsx'
import { type Column, Table } from '../ui/table.tsx'
import { Codes, NewApp, NewKey } from './factors.tsx'

type Asking = 'app' | 'key' | 'password' | { remove: Passkey | 'app' } | 'codes' | { codes: string[] } | null

export function SecurityScreen() {
  const { data, error, reload, put } = useLoad('security', () => get<Security>(['session', 'security']))
  const asking = useSignal<Asking>(null)
  const problem = useSignal<unknown>(null)
  const close = () => { asking.value = null }
  const got = (codes: string[] | null) => {
    asking.value = codes ? { codes } : null
    say('From now on it is asked for when you sign in.')
    reload()
  }
  const take = (work: Promise<Security>, done: string) => void work.then((s) => { put(s); say(done) }, (e: unknown) => { problem.value = e })
  const columns: Column<SignedIn>[] = [
    { name: 'device', title: 'Device', wide: true, by: (s) => s.device, cell: (s) => <>{s.device} {s.mine ? <Tag tone="good">this one</Tag> : null}</> },
    { name: 'address', title: 'Address', small: 'hide', cell: (s) => <code>{s.address}</code> },
    { name: 'created', title: 'Signed in', small: 'hide', by: (s) => s.created_at, cell: (s) => <Ago time={s.created_at} /> },
    { name: 'seen', title: 'Last seen', by: (s) => s.seen_at, cell: (s) => <Ago time={s.seen_at} /> },
    { name: 'end', title: 'End', untitled: true, cell: (s) => (s.mine ? null : <Button kind="quiet" onClick={() => take(call<Security>('DELETE', ['session', 'sessions', s.id]), 'That session has ended.')}>End</Button>) },
  ]
  const a = asking.value
  return (
    <main class="screen narrow">
      <Title>My sign-in</Title>
      <ErrorNote error={error ?? problem.value} retry={reload} />
      {data ? (
        <>
          <Factors data={data} ask={(x) => { asking.value = x }} />
          <section class="panel">
            <h2>Password</h2>
            <p class="quiet">A new one ends your sessions everywhere else.</p>
            <p><Button onClick={() => { asking.value = 'password' }}>Change the password</Button></p>
          </section>
          <section class="panel">
            <h2>Where you are signed in</h2>
            <Table label="Sessions" rows={data.sessions} columns={columns} id={(s) => s.id} />
            {data.sessions.length > 1 ? <p><Button onClick={() => take(call<Security>('POST', ['session', 'sessions', 'end-others'], {}), 'You are signed out everywhere else.')}>Sign out everywhere else</Button></p> : null}
          </section>
        </>
      ) : null}
      {a === 'app' ? <Dialog title="Authenticator app" close={close}><NewApp done={got} /></Dialog> : null}
      {a === 'key' ? <Dialog title="Passkey" close={close}><NewKey done={got} /></Dialog> : null}
      {a === 'password' ? <ChangePassword close={close} /> : null}
      {a === 'codes' ? <WithPassword title="New recovery codes?" text="The codes that you have now stop working." verb="Make new codes" close={close} send={async (password) => { asking.value = { codes: (await call<NewCodes>('POST', ['session', 'recovery'], { password })).recovery_codes ?? [] }; reload() }} /> : null}
      {a && typeof a === 'object' && 'codes' in a ? <Dialog title="Recovery codes" close={null}><Codes codes={a.codes} done={close} /></Dialog> : null}
      {a && typeof a === 'object' && 'remove' in a ? (
        <WithPassword title={a.remove === 'app' ? 'Remove the authenticator app?' : `Remove ${a.remove.name}?`} text="It is no longer asked for, and no longer lets you in." verb="Remove" danger close={close}
          send={async (password) => {
            put(await call<Security>('POST', a.remove === 'app' ? ['session', 'totp', 'remove'] : ['session', 'passkeys', a.remove.id, 'remove'], { password }))
            say('It is removed.')
            close()
          }} />
      ) : null}
    </main>
  )
}

function Factors({ data, ask }: { data: Security; ask: (x: Asking) => void }) {
  const some = data.totp || data.passkeys.length > 0
  const only = data.must_have && (data.totp ? 1 : 0) + data.passkeys.length === 1
  return (
    <section class="panel">
      <h2>Second factor</h2>
      <p>{some ? 'Beside the password one of these is asked for.' : data.must_have ? 'Your role needs one.' : 'Only your password protects your account. A second factor keeps out whoever learns it.'}</p>
      {some ? <ul class="factors">
        {data.totp ? <li><strong>Authenticator app</strong> {only ? null : <Button kind="quiet" onClick={() => ask({ remove: 'app' })}>Remove</Button>}</li> : null}
        {data.passkeys.map((k) => (
          <li key={k.id}><strong>{k.name}</strong> <span class="quiet">passkey, {k.used_at ? <>used <Ago time={k.used_at} /></> : <>added <Ago time={k.created_at} /></>}</span> {only ? null : <Button kind="quiet" onClick={() => ask({ remove: k })}>Remove<span class="hidden"> {k.name}</span></Button>}</li>
        ))}
        <li><strong>Recovery codes</strong> <span class={data.recovery_left < 3 ? 'late' : 'quiet'}>{data.recovery_left} left</span> <Button kind="quiet" onClick={() => ask('codes')}>Make new ones</Button></li>
      </ul> : null}
      <p class="ways">
        {data.totp ? null : <Button kind={some ? undefined : 'main'} onClick={() => ask('app')}>Set up an authenticator app</Button>}
        {data.no_passkeys || !canPasskey() ? null : <Button onClick={() => ask('key')}>Add a passkey</Button>}
      </p>
      {data.no_passkeys ? <p class="quiet">No passkeys here: {data.no_passkeys}.</p> : null}
      {only ? <p class="quiet">The last one stays, because your role needs one. Add another before you remove it.</p> : null}
    </section>
  )
}

/** What is wrong with a field, without the problem's title. */
function wrongIn(e: unknown): string {
  return e instanceof Failure && e.status === 422 ? sentence(e.detail) : explain(e).what
}

interface WithPasswordProps { title: string; text: string; verb: string; danger?: true; close: () => void; send: (password: string) => Promise<void> }

function WithPassword(p: WithPasswordProps) {
  const password = useSignal('')
  const wrong = useSignal<string | null>(null)
  const send = () => p.send(password.value).catch((e: unknown) => { password.value = ''; wrong.value = wrongIn(e) })
  return (
    <Dialog title={p.title} close={p.close}>
      <p>{p.text}</p>
      <form onSubmit={(e) => { e.preventDefault(); void send() }}>
        <Field label="Your password" error={wrong.value}><input type="password" autofocus required autocomplete="current-password" value={password.value} onInput={(e) => { password.value = e.currentTarget.value }} /></Field>
        <Button type="submit" kind={p.danger ? 'danger' : 'main'} onClick={() => undefined}>{p.verb}</Button>
      </form>
    </Dialog>
  )
}

function ChangePassword({ close }: { close: () => void }) {
  const old = useSignal('')
  const fresh = useSignal('')
  const again = useSignal('')
  const wrong = useSignal<{ field: string; text: string } | null>(null)
  const at = (field: string) => (wrong.value?.field === field ? wrong.value.text : null)
  const send = async () => {
    wrong.value = null
    if (fresh.value !== again.value) return void (wrong.value = { field: '/again', text: 'The two are not the same.' })
    try {
      await call<void>('PUT', ['session', 'password'], { password: old.value, new_password: fresh.value })
      say('The password is changed. Other sessions have ended.')
      close()
    } catch (e) {
      wrong.value = { field: (e instanceof Failure && e.field) || '/password', text: wrongIn(e) }
    }
  }
  return (
    <Dialog title="Change the password" close={close}>
      <form onSubmit={(e) => { e.preventDefault(); void send() }}>
        <input class="hidden" tabIndex={-1} aria-hidden="true" autocomplete="username" readOnly value={session.value?.user.name} />
        <Field label="Password until now" error={at('/password')}><input type="password" autofocus required autocomplete="current-password" value={old.value} onInput={(e) => { old.value = e.currentTarget.value }} /></Field>
        <Field label="New password" help="12 characters at least; four words in a row are easy to keep" error={at('/new_password')}><input type="password" required autocomplete="new-password" value={fresh.value} onInput={(e) => { fresh.value = e.currentTarget.value }} /></Field>
        <Field label="New password again" error={at('/again')}><input type="password" required autocomplete="new-password" value={again.value} onInput={(e) => { again.value = e.currentTarget.value }} /></Field>
        <Button type="submit" kind="main" onClick={() => undefined}>Change it</Button>
      </form>
    </Dialog>
  )
}
