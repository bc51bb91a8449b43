// What a person prefers, and the two switches of the installation.
import { useSignal } from '@preact/signals'
import type { OnOff, Prefs, Session, SwitchName, Switches } from '../api.ts'
import { call, get } from '../app/http.ts'
import { counters, enter, may, prefs, session } from '../app/state.ts'
import { Ago, Button, ErrorNote, Title } from '../ui/basic.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { useLoad } from '../ui/load.ts'
import { say } from '../ui/status.tsx'

interface Option<K extends keyof Prefs> {
  pref: K
  title: string
  help: string
  usual: NonNullable<Prefs[K]>
  choices: [NonNullable<Prefs[K]>, string][]
}
const option = <K extends keyof Prefs>(o: Option<K>) => o as unknown as Option<keyof Prefs>
const LOOK = [
  option({ pref: 'theme', title: 'Colours', help: 'Dark is easier on the eyes in a dark room.', usual: 'system', choices: [['system', 'as the system'], ['light', 'light'], ['dark', 'dark']] }),
  option({ pref: 'density', title: 'Rows', help: 'Dense shows more rows at once.', usual: 'calm', choices: [['calm', 'calm'], ['dense', 'dense']] }),
  option({ pref: 'keys', title: 'Keys of one letter', help: 'Off: only Ctrl K and the mouse act, as for dictation.', usual: true, choices: [[true, 'on'], [false, 'off']] }),
]
const PREVIEW = [
  option({ pref: 'blur', title: 'Blur before you look', help: 'How much can be guessed before you decide to look.', usual: 'strong', choices: [['strong', 'strong'], ['medium', 'medium']] }),
  option({ pref: 'grey', title: 'Colour of what is shown', help: 'Without colour, pictures weigh less.', usual: false, choices: [[true, 'stays grey'], [false, 'in colour']] }),
  option({ pref: 'reveal', title: 'To see a picture', help: 'Hold covers it again by itself when you let go.', usual: 'hold', choices: [['hold', 'hold Space'], ['toggle', 'press Space once to see, once to cover']] }),
]

export function Settings() {
  const problem = useSignal<unknown>(null)
  const set = async (change: Prefs) => {
    const before = session.value
    if (!before) return
    const wanted = { ...before.prefs, ...change }
    session.value = { ...before, prefs: wanted }
    try {
      enter(await call<Session>('PUT', ['session'], { prefs: wanted }))
      problem.value = null
    } catch (e) {
      session.value = before
      problem.value = e
    }
  }
  return (
    <main class="screen narrow">
      <Title aside={<span class="quiet">Tutela {session.value?.version}</span>}>Settings</Title>
      <ErrorNote error={problem.value} />
      <section class="panel"><h2>How the console looks</h2>{LOOK.map((o) => <Row key={o.pref} of={o} set={set} />)}</section>
      <section class="panel"><h2>How pictures are shown to you</h2>{PREVIEW.map((o) => <Row key={o.pref} of={o} set={set} />)}</section>
      <SwitchPanel />
    </main>
  )
}

function Row({ of: o, set }: { of: Option<keyof Prefs>; set: (change: Prefs) => Promise<void> }) {
  const value = prefs.value[o.pref] ?? o.usual
  return (
    <fieldset class="setting">
      <legend>{o.title}</legend>
      <p class="quiet">{o.help}</p>
      <div class="options">{o.choices.map(([v, label]) => (
        <label key={String(v)} class="check"><input type="radio" name={o.pref} checked={value === v} onChange={() => void set({ [o.pref]: v })} /> {label}</label>
      ))}</div>
    </fieldset>
  )
}

const SWITCHES: Record<SwitchName, { title: string; normal: OnOff; on: string; off: string; to: Record<OnOff, string>; warns: string }> = {
  observe_only: {
    title: 'Observe only', normal: 'off',
    on: 'On: everything runs and is recorded, nothing is sent to any platform.',
    off: 'Off: decisions are carried out.',
    to: { on: 'Observe only', off: 'Carry decisions out' },
    warns: 'From now on no action leaves, not even for known abuse. What is decided meanwhile is held and can be sent later from Deliveries.',
  },
  automatic_actions: {
    title: 'Automatic actions', normal: 'on',
    on: 'On: rules may withhold and block at once.',
    off: 'Stopped: what rules would do becomes a case for people.',
    to: { on: 'Let rules act again', off: 'Stop automatic actions' },
    warns: 'From now on known abuse, too, waits for a person before anything happens to it. Queues will grow.',
  },
}
function SwitchPanel() {
  const { data, error, put } = useLoad('switches', () => get<Switches>(['switches']))
  const asking = useSignal<{ name: SwitchName; value: OnOff } | null>(null)
  const problem = useSignal<unknown>(null)
  const send = async (name: SwitchName, value: OnOff) => {
    asking.value = null
    try {
      put(await call<Switches>('PUT', ['switches'], { name, value }))
      if (counters.value) counters.value = { ...counters.value, [name]: value === 'on' }
      problem.value = null
      say('The switch is set.')
    } catch (e) {
      problem.value = e
    }
  }
  const ask = asking.value
  return (
    <section class="panel">
      <h2>The whole installation</h2>
      <ErrorNote error={error ?? problem.value} />
      {data?.switches.map((s) => {
        const about = SWITCHES[s.name]
        const other: OnOff = s.value === 'on' ? 'off' : 'on'
        return (
          <div key={s.name} class="setting">
            <h3>{about.title}</h3>
            <p>{about[s.value]}</p>
            {s.at ? <p class="quiet">set by {s.set_by} <Ago time={s.at} /></p> : null}
            {may.lead.value ? <Button kind={other === about.normal ? 'main' : undefined} onClick={() => { asking.value = { name: s.name, value: other } }}>{about.to[other]}</Button> : null}
          </div>
        )
      })}
      {ask ? (
        <Dialog title={`${SWITCHES[ask.name].to[ask.value]}?`} close={() => { asking.value = null }}>
          <p>{ask.value === SWITCHES[ask.name].normal ? 'This is how the installation normally runs.' : SWITCHES[ask.name].warns}</p>
          <Button kind={ask.value === SWITCHES[ask.name].normal ? 'main' : 'danger'} onClick={() => void send(ask.name, ask.value)}>{SWITCHES[ask.name].to[ask.value]}</Button>
        </Dialog>
      ) : null}
    </section>
  )
}
