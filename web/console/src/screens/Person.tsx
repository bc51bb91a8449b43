// One person: role, skills, grants, sessions, a new password, being shut out. Nobody changes themselves here.
import { useSignal } from '@preact/signals'
import type { Act, Grant, GrantKind, NewPassword, People, Person, PersonChange, Role } from '../api.ts'
import { plural } from '../app/format.ts'
import { call, get } from '../app/http.ts'
import { href, Link } from '../app/router.tsx'
import { may } from '../app/state.ts'
import { Ago, Button, Empty, ErrorNote, Facts, Field, Tag, Title } from '../ui/basic.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { useLoad } from '../ui/load.ts'
import { say } from '../ui/status.tsx'
import { Checks, PasswordOnce, ROLES } from './People.tsx'

const ACTS: Record<Act, string> = { see: 'see', work: 'work on', reveal: 'look at media', decide: 'decide', reverse: 'take back decisions' }
const ALL = Object.keys(ACTS) as Act[]
const KINDS: Record<GrantKind, string> = { queue: 'Queue', policy: 'Policy and all below it', evidence: 'Class of evidence' }
const CLASSES = ['ordinary', 'graphic', 'sealed']

export function PersonScreen({ id }: { id: string }) {
  const { data, error, reload, put } = useLoad(id, () => get<Person>(['people', id]))
  const choices = useLoad('people', () => get<People>(['people']))
  const problem = useSignal<unknown>(null)
  const made = useSignal<NewPassword | null>(null)
  const asking = useSignal<'password' | 'factors' | 'disable' | null>(null)
  const attempt = (work: Promise<unknown>, done: string) => {
    asking.value = null
    void work.then(() => { problem.value = null; say(done); reload() }, (e: unknown) => { problem.value = e })
  }
  const change = (c: PersonChange, done: string) => attempt(call<Person>('PATCH', ['people', id], c).then(put), done)
  if (!may.admin.value) return <main class="screen"><Title>Person</Title><Empty title="People are managed by administrators."><p><Link to={href('settings')}>Settings</Link> holds what you can change yourself.</p></Empty></main>
  const p = data
  return (
    <main class="screen narrow">
      <Title aside={<Link class="button" to={href('people')}>All people</Link>}>{p?.name ?? 'Person'}</Title>
      <ErrorNote error={error ?? problem.value} retry={reload} />
      {p ? (
        <>
          <Facts rows={[
            ['Seen by others as', p.pseudonym], ['Added', <Ago time={p.created_at} />], ['Second factor', p.second_factor ? 'set up' : 'none'],
            ['State', p.disabled_at ? <><Tag tone="bad">shut out</Tag> <Ago time={p.disabled_at} /></> : p.locked_until ? <Tag tone="warn">too many wrong passwords; must wait</Tag> : 'can sign in'],
          ]} />
          {p.me ? <p class="notice"><span>This is you. Nobody changes what they themselves may do: ask another administrator. Your password is under <Link to={href('security')}>My sign-in</Link>.</span></p> : null}
          <RolePanel p={p} change={change} />
          <SkillPanel p={p} skills={choices.data?.skills ?? []} change={change} />
          <GrantPanel p={p} choices={choices.data} change={change} />
          <section class="panel">
            <h2>Sessions</h2>
            <p>{p.sessions ? <>{plural(p.sessions, 'open session')}, last used <Ago time={p.seen_at} />.</> : 'No session is open.'}</p>
            {p.sessions ? <p><Button onClick={() => attempt(call('DELETE', ['people', id, 'sessions']), `${p.name} is signed out everywhere.`)}>Sign out everywhere</Button></p> : null}
          </section>
          {p.me ? null : (
            <section class="panel">
              <h2>Getting in</h2>
              <p>
                <Button onClick={() => { asking.value = 'password' }}>New password</Button>{' '}
                {p.second_factor ? <><Button onClick={() => { asking.value = 'factors' }}>Reset second factor</Button>{' '}</> : null}
                {p.disabled_at ? <Button onClick={() => change({ disabled: false }, `${p.name} can sign in again.`)}>Let in again</Button> : <Button kind="danger" onClick={() => { asking.value = 'disable' }}>Shut out</Button>}
              </p>
            </section>
          )}
          {asking.value === 'password' ? (
            <Dialog title={`A new password for ${p.name}?`} close={() => { asking.value = null }}>
              <p>Every session of theirs ends. The new password is shown to you once.</p>
              <Button kind="main" onClick={() => attempt(call<NewPassword>('POST', ['people', id, 'password'], {}).then((m) => { made.value = m }), 'The password is made.')}>Make a password</Button>
            </Dialog>
          ) : null}
          {asking.value === 'factors' ? (
            <Dialog title={`Reset the second factor of ${p.name}?`} close={() => { asking.value = null }}>
              <p>For somebody who lost device and recovery codes. Be sure that it is really them who asks. Their app, passkeys and codes are removed and every session of theirs ends; the password alone signs in until they set up another.</p>
              <Button kind="danger" onClick={() => attempt(call<Person>('DELETE', ['people', id, 'factors']).then(put), `The second factor of ${p.name} is removed.`)}>Reset</Button>
            </Dialog>
          ) : null}
          {asking.value === 'disable' ? (
            <Dialog title={`Shut ${p.name} out?`} close={() => { asking.value = null }}>
              <p>Every session of theirs ends at once, and they cannot sign in. What they hold goes back to its queue. You can let them in again.</p>
              <Button kind="danger" onClick={() => change({ disabled: true }, `${p.name} is shut out.`)}>Shut out</Button>
            </Dialog>
          ) : null}
          {made.value ? <PasswordOnce made={made.value} close={() => { made.value = null }} /> : null}
        </>
      ) : null}
    </main>
  )
}

interface PanelProps {
  p: Person
  change: (c: PersonChange, done: string) => void
}

function RolePanel({ p, change }: PanelProps) {
  const role = useSignal<Role | null>(null)
  const now = role.value ?? p.role
  return (
    <section class="panel">
      <h2>Role</h2>
      <Field label="This person is" help={ROLES[now]}><select disabled={p.me} value={now} onChange={(e) => { role.value = e.currentTarget.value as Role }}>{(Object.keys(ROLES) as Role[]).map((r) => <option key={r} value={r}>{r}</option>)}</select></Field>
      {now !== p.role ? <p><Button kind="main" onClick={() => { role.value = null; change({ role: now }, `${p.name} is now ${now}.`) }}>Make {p.name} {now}</Button> <span class="quiet">Their sessions end.</span></p> : null}
    </section>
  )
}

function SkillPanel({ p, skills, change }: PanelProps & { skills: string[] }) {
  const chosen = useSignal<string[] | null>(null)
  const now = chosen.value ?? p.skills
  return (
    <section class="panel">
      <h2>Skills</h2>
      <p class="quiet">A skill opens the queues that ask for it. <code>child_safety</code> opens sealed evidence, too.</p>
      {p.me ? <p>{p.skills.join(', ') || 'none'}</p> : <Checks legend="This person has" words={skills} chosen={now} set={(w) => { chosen.value = w }} />}
      {chosen.value ? <p><Button kind="main" onClick={() => { chosen.value = null; change({ skills: now }, 'The skills are kept.') }}>Keep these skills</Button></p> : null}
    </section>
  )
}

function GrantPanel({ p, choices, change }: PanelProps & { choices: People | null }) {
  const kind = useSignal<GrantKind>('queue')
  const name = useSignal('')
  const acts = useSignal<Act[]>(ALL)
  const names = kind.value === 'queue' ? choices?.queues : kind.value === 'policy' ? choices?.policies : CLASSES
  const set = (grants: Grant[], done: string) => change({ grants }, done)
  const add = () => {
    const rest = p.grants.filter((g) => g.kind !== kind.value || g.name !== name.value)
    set([...rest, { kind: kind.value, name: name.value, acts: acts.value }], 'The grant is kept.')
    name.value = ''
  }
  return (
    <section class="panel">
      <h2>Grants</h2>
      <p class="quiet">Without grants the role and skills decide. As soon as one queue is listed, only listed queues are open; the same for policies. A class of evidence is as its row says.</p>
      {p.grants.length ? (
        <ul class="plain">
          {p.grants.map((g) => (
            <li key={`${g.kind} ${g.name}`}>
              {g.kind} <strong>{g.name}</strong>: {g.acts.map((a) => ACTS[a]).join(', ') || 'nothing'}{' '}
              {p.me ? null : <Button kind="quiet" onClick={() => set(p.grants.filter((x) => x !== g), 'The grant is taken away.')}>Take away</Button>}
            </li>
          ))}
        </ul>
      ) : <p>None: not narrowed.</p>}
      {p.me ? null : (
        <form onSubmit={(e) => { e.preventDefault(); add() }}>
          <Field label="What"><select value={kind.value} onChange={(e) => { kind.value = e.currentTarget.value as GrantKind; name.value = '' }}>{(Object.keys(KINDS) as GrantKind[]).map((k) => <option key={k} value={k}>{KINDS[k]}</option>)}</select></Field>
          <Field label="Which"><select required value={name.value} onChange={(e) => { name.value = e.currentTarget.value }}><option value="">choose …</option>{names?.map((n) => <option key={n} value={n}>{n}</option>)}</select></Field>
          <fieldset>
            <legend>May</legend>
            {ALL.map((a) => <label key={a} class="check"><input type="checkbox" checked={acts.value.includes(a)} onChange={() => { acts.value = acts.value.includes(a) ? acts.value.filter((x) => x !== a) : ALL.filter((x) => x === a || acts.value.includes(x)) }} /> {ACTS[a]}</label>)}
          </fieldset>
          <Button type="submit" disabled={!name.value} onClick={() => undefined}>Add the grant</Button>
        </form>
      )}
    </section>
  )
}
