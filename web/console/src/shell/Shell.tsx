// The frame around every screen: header with navigation and counters, notices, the screen, status line, dialogs.
import { effect, useSignal } from '@preact/signals'
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import { useCommands } from '../app/keys.ts'
import { go, href, Link, parts, place } from '../app/router.tsx'
import { counters, ended, may, online, session } from '../app/state.ts'
import { Button, Empty, Title } from '../ui/basic.tsx'
import { say, StatusLine } from '../ui/status.tsx'
import { call } from '../app/http.ts'
import { decidedToday, forget, release } from '../work/state.ts'
import { UndoBar } from '../work/Work.tsx'
import { Enrol } from './Enrol.tsx'
import { Help } from './Help.tsx'
import { live } from './live.ts'
import { ProposeDialog } from '../ui/propose.tsx'
import { Palette } from './Palette.tsx'
import { Prove } from './Prove.tsx'
import { screenFor, screensForMe, type Screen } from './screens.tbl.tsx'
import { SignIn, SignInAgain } from './SignIn.tsx'

effect(() => {
  const screen = screenFor(parts.value)
  const alarms = counters.value?.alarms ?? 0
  document.title = `${alarms ? `(${alarms}) ` : ''}${screen?.title ?? 'Not found'} · Tutela`
})

export async function signOut(): Promise<void> {
  await release()
  await call<void>('DELETE', ['session']).catch(() => undefined)
  forget()
  session.value = null
  counters.value = null
  go(href('work'))
}

export function Shell() {
  if (session.value === undefined) return <div class="starting" role="status">Tutela</div>
  if (session.value === null) return <><SignIn /><StatusLine /></>
  if (session.value.enrolling) return <><Enrol /><StatusLine /></>
  return <SignedIn />
}

function SignedIn() {
  const dialog = useSignal<'help' | 'palette' | null>(null)
  const close = () => { dialog.value = null }
  useEffect(() => live(), [])
  useEffect(() => {
    if (place.value.path === '') go(href('work'))
  }, [place.value.path])
  useCommands({
    'app.help': () => { dialog.value = 'help' },
    'app.palette': () => { dialog.value = 'palette' },
    ...Object.fromEntries(screensForMe().filter((s) => s.command).map((s) => [s.command as string, () => go(href(s.path))])),
  })
  const screen = screenFor(parts.value)
  return (
    <>
      <a class="skip-link" href="#screen" onClick={(e) => { e.preventDefault(); document.querySelector<HTMLElement>('main h1')?.focus() }}>Skip to the screen</a>
      <Header screen={screen} palette={() => { dialog.value = 'palette' }} help={() => { dialog.value = 'help' }} />
      <Notices />
      <div id="screen">{screen ? screen.show(parts.value) : <NotFound />}</div>
      <UndoBar />
      <StatusLine />
      {dialog.value === 'help' ? <Help close={close} /> : null}
      {dialog.value === 'palette' ? <Palette close={close} /> : null}
      <Prove />
      <ProposeDialog />
      {ended.value ? <SignInAgain /> : null}
    </>
  )
}

function NotFound() {
  return (
    <main class="screen">
      <Title>There is no such screen</Title>
      <Empty title="The address may be mistyped, or from another version."><p><Link to={href('work')}>Go to Work</Link></p></Empty>
    </main>
  )
}

/** Folds the screens into one button whenever they do not fit: how many there are depends on the role, how wide they are on the letters. */
function useFold() {
  const bar = useRef<HTMLElement>(null)
  const fold = () => {
    const nav = bar.current?.querySelector('nav')
    if (!nav) return
    bar.current?.classList.remove('folded')
    bar.current?.classList.toggle('folded', nav.scrollWidth > nav.clientWidth)
  }
  useLayoutEffect(fold)
  useEffect(() => {
    const watch = new ResizeObserver(fold)
    watch.observe(bar.current as HTMLElement)
    return () => watch.disconnect()
  }, [])
  return bar
}

function Header({ screen, palette, help }: { screen: Screen | null; palette: () => void; help: () => void }) {
  const open = useSignal(false)
  const top = screen?.path.split('/')[0]
  const alarms = counters.value?.alarms ?? 0
  const user = session.value?.user
  const bar = useFold()
  useEffect(() => { open.value = false }, [place.value])
  return (
    <header class="bar" ref={bar}>
      <Link to={href('work')} class="brand">Tutela</Link>
      <button type="button" class="button quiet menu" aria-expanded={open.value} aria-controls="nav" onClick={() => { open.value = !open.value }}>
        {screen?.title ?? 'Menu'} ▾
      </button>
      <nav id="nav" aria-label="Screens" class={open.value ? 'open' : ''}>
        {screensForMe().filter((s) => s.nav === 'main').map((s) => (
          <Link key={s.path} to={href(s.path)} current={s.path === top}>
            {s.title}
            {s.path === 'work' && counters.value?.waiting ? <span class="badge">{counters.value.waiting > 999 ? '999+' : counters.value.waiting}</span> : null}
          </Link>
        ))}
      </nav>
      <div class="bar-right">
        <Button kind="quiet" class="find" command="app.palette" onClick={palette}>Find</Button>
        {counters.value?.approvals ? <Link to={href('approvals')} class="alarms waits" current={top === 'approvals'}>{counters.value.approvals} to confirm</Link> : null}
        {may.review.value ? <Link to={href('alarms')} class={`alarms ${alarms ? 'some' : ''} ${counters.value?.alarm_severity ?? ''}`} current={top === 'alarms'} title={counters.value?.alarm_text ?? undefined}>
          <svg viewBox="0 0 12 12" width="9" height="9" aria-hidden="true"><path d="M6 0.5 11.5 11H0.5z" fill={alarms ? 'currentColor' : 'none'} stroke="currentColor" /></svg>
          {alarms || 'no'}<span class="alarm-word"> {alarms === 1 ? 'alarm' : 'alarms'}</span>
          {alarms && counters.value?.alarm_text ? <span class="alarm-head">{counters.value.alarm_text}</span> : null}
        </Link> : null}
        {decidedToday.value ?? session.value?.decided_today ? <span class="today">{decidedToday.value ?? session.value?.decided_today} decided today</span> : null}
        <details class="person" onToggle={(e) => e.currentTarget.open && e.currentTarget.querySelector('a')?.focus()}>
          <summary>{user?.name} ▾</summary>
          <div class="person-menu" onClick={(e) => { const d = e.currentTarget.closest('details'); if (d) d.open = false }}>
            <p class="quiet">{user?.role} · seen as {user?.pseudonym}</p>
            {may.review.value ? <Link to={href('approvals')}>Approvals{counters.value?.approvals ? <span class="badge">{counters.value.approvals}</span> : null}</Link> : null}
            {may.review.value ? <Link to={href('crisis')}>Crisis mode</Link> : null}
            <Link to={href('settings')}>Settings</Link>
            <Link to={href('security')}>My sign-in</Link>
            <Button kind="quiet" command="app.help" onClick={help}>Keys</Button>
            <Button kind="quiet" onClick={() => void signOut()}>Sign out</Button>
          </div>
        </details>
      </div>
    </header>
  )
}

function Notices() {
  const c = counters.value
  return (
    <div class="notices" role="status">
      {online.value ? null : (
        <p class="notice warn">
          No answer from the server. What is on this page stays; decisions wait until it is back.
          <Button onClick={() => void call('GET', ['session']).then(() => say('The server answers again.'), () => undefined)}>Try now</Button>
        </p>
      )}
      {c?.watches && may.lead.value ? <p class="notice">Crisis mode: {c.watches === 1 ? 'one watch runs' : `${c.watches} watches run`}. <Link to={href('crisis')}>See {c.watches === 1 ? 'it' : 'them'}</Link></p> : null}
      {c?.observe_only ? <p class="notice">Observe only: everything is recorded, nothing is sent to the platforms. <Link to={href('settings')}>Settings</Link></p> : null}
      {c && !c.automatic_actions ? <p class="notice">Automatic actions are stopped: what rules would do waits for people. <Link to={href('settings')}>Settings</Link></p> : null}
    </div>
  )
}

