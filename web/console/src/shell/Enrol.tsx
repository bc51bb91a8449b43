// Whoever's role needs a second factor and has none sees this instead of everything else.
import { useSignal } from '@preact/signals'
import type { Session } from '../api.ts'
import { get } from '../app/http.ts'
import { canPasskey } from '../app/passkey.ts'
import { enter, session } from '../app/state.ts'
import { Codes, NewApp, NewKey } from '../screens/factors.tsx'
import { Button, Title } from '../ui/basic.tsx'
import { signOut } from './Shell.tsx'

export function Enrol() {
  const way = useSignal<'app' | 'key' | null>(null)
  const codes = useSignal<string[] | null>(null)
  const go = () => void get<Session>(['session']).then(enter)
  const got = (c: string[] | null) => {
    if (c) codes.value = c
    else go()
  }
  return (
    <main class="sign-in enrol">
      <Title>A second factor first</Title>
      {codes.value ? <Codes codes={codes.value} done={go} /> : (
        <>
          <p>Your role, {session.value?.user.role}, needs a second proof beside the password. It takes a minute; then you can work.</p>
          {way.value === null ? (
            <p class="ways">
              <Button kind="main" onClick={() => { way.value = 'app' }}>Authenticator app</Button>
              {canPasskey() ? <Button onClick={() => { way.value = 'key' }}>Passkey or security key</Button> : null}
            </p>
          ) : null}
          {way.value === 'app' ? <NewApp done={got} /> : null}
          {way.value === 'key' ? <NewKey done={got} /> : null}
          <p class="ways">
            {way.value ? <Button kind="quiet" onClick={() => { way.value = null }}>Another way</Button> : null}
            <Button kind="quiet" onClick={() => void signOut()}>Sign out</Button>
          </p>
        </>
      )}
    </main>
  )
}
