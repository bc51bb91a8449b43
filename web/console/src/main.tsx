// Where the console starts: asks who is signed in, then shows the screen that the address names.
import { render } from 'preact'
import type { Session } from './api.ts'
import { get } from './app/http.ts'
import { listen } from './app/keys.ts'
import { enter, session } from './app/state.ts'
import { fetchSeldom } from './shell/Later.tsx'
import { Shell } from './shell/Shell.tsx'

listen()
render(<Shell />, document.getElementById('app') as HTMLElement)
get<Session>(['session']).then(enter, () => {
  session.value = null
}).finally(() => setTimeout(fetchSeldom)) // once the first screen stands
