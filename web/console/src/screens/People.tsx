// Everybody who can sign in: adding a person, their role, and whether they are shut out. One person: Person.tsx.
import { useSignal } from '@preact/signals'
import type { NewPassword, People as Answer, Person, Role } from '../api.ts'
import { plural } from '../app/format.ts'
import { call, get } from '../app/http.ts'
import { useCommands } from '../app/keys.ts'
import { href, Link } from '../app/router.tsx'
import { may } from '../app/state.ts'
import { Ago, Button, Empty, ErrorNote, Field, Tag, Title } from '../ui/basic.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { useLoad } from '../ui/load.ts'
import { say } from '../ui/status.tsx'
import { type Column, Table } from '../ui/table.tsx'

export const ROLES: Record<Role, string> = {
  viewer: 'sees queues, cases without media, policies and figures',
  moderator: 'works on cases and decides',
  specialist: 'as a moderator; adds entries to banks',
  lead: 'takes back decisions of others, keeps banks, deliveries and switches',
  admin: 'everything, people and keys too',
}

const COLUMNS: Column<Person>[] = [
  { name: 'name', title: 'Name', wide: true, by: (p) => p.name, cell: (p) => <><Link to={href('people', p.id)}>{p.name}</Link> {p.me ? <Tag tone="quiet">you</Tag> : null} {p.disabled_at ? <Tag tone="bad">shut out</Tag> : null} {p.locked_until ? <Tag tone="warn">must wait</Tag> : null}</> },
  { name: 'role', title: 'Role', by: (p) => p.role, cell: (p) => p.role },
  { name: 'skills', title: 'Skills', small: 'hide', cell: (p) => p.skills.join(', ') || <span class="quiet">–</span> },
  { name: 'grants', title: 'Narrowed', small: 'hide', by: (p) => p.grants.length, cell: (p) => (p.grants.length ? plural(p.grants.length, 'grant') : <span class="quiet">–</span>) },
  { name: 'second', title: 'Second factor', small: 'hide', by: (p) => (p.second_factor ? 'set up' : 'none'), cell: (p) => (p.second_factor ? 'set up' : <span class="quiet">none</span>) },
  { name: 'seen', title: 'Last here', by: (p) => p.seen_at ?? '', cell: (p) => (p.seen_at ? <Ago time={p.seen_at} /> : <span class="quiet">not signed in</span>) },
]

export function PeopleScreen() {
  const { data, error, reload } = useLoad('people', () => get<Answer>(['people']))
  const open = useSignal(false)
  const add = () => { open.value = true }
  useCommands({ 'list.new': may.admin.value ? add : null })
  if (!may.admin.value) return <main class="screen"><Title>People</Title><Empty title="People are managed by administrators."><p>An administrator can change your role, your skills and what you are granted.</p></Empty></main>
  return (
    <main class="screen">
      <Title aside={<Button kind="main" command="list.new" onClick={add}>New person</Button>}>People</Title>
      <ErrorNote error={error} retry={reload} />
      {data ? <Table label="People" rows={data.people} columns={COLUMNS} id={(p) => p.id} open={(p) => href('people', p.id)} /> : null}
      {data?.people.length === 1 ? <Empty title="You are alone here."><p>Add the people of your team. A second administrator keeps the installation usable when one is away, and only then can operations ask for two people.</p></Empty> : null}
      {open.value && data ? <AddPerson skills={data.skills} close={() => { open.value = false; reload() }} /> : null}
    </main>
  )
}

function AddPerson({ skills, close }: { skills: string[]; close: () => void }) {
  const name = useSignal('')
  const role = useSignal<Role>('moderator')
  const chosen = useSignal<string[]>([])
  const made = useSignal<NewPassword | null>(null)
  const problem = useSignal<unknown>(null)
  const send = () => void call<NewPassword>('POST', ['people'], { name: name.value.trim(), role: role.value, skills: chosen.value }).then((m) => { made.value = m }, (e: unknown) => { problem.value = e })
  if (made.value) return <PasswordOnce made={made.value} close={close} />
  return (
    <Dialog title="New person" close={close}>
      <form onSubmit={(e) => { e.preventDefault(); send() }}>
        <Field label="Name" help="Small letters and digits; they sign in with it"><input required autofocus maxLength={64} autocomplete="off" value={name.value} onInput={(e) => { name.value = e.currentTarget.value }} /></Field>
        <Field label="Role" help={ROLES[role.value]}><select value={role.value} onChange={(e) => { role.value = e.currentTarget.value as Role }}>{(Object.keys(ROLES) as Role[]).map((r) => <option key={r} value={r}>{r}</option>)}</select></Field>
        <Checks legend="Skills that queues ask for" words={skills} chosen={chosen.value} set={(w) => { chosen.value = w }} />
        <ErrorNote error={problem.value} />
        <Button type="submit" kind="main" onClick={() => undefined}>Add the person</Button>
      </form>
    </Dialog>
  )
}

/** One checkbox a word. */
export function Checks(p: { legend: string; words: string[]; chosen: string[]; set: (words: string[]) => void }) {
  const all = [...new Set([...p.words, ...p.chosen])]
  if (!all.length) return null
  return (
    <fieldset>
      <legend>{p.legend}</legend>
      {all.map((w) => (
        <label key={w} class="check"><input type="checkbox" checked={p.chosen.includes(w)} onChange={() => p.set(p.chosen.includes(w) ? p.chosen.filter((x) => x !== w) : [...p.chosen, w])} /> {w}</label>
      ))}
    </fieldset>
  )
}

export function PasswordOnce({ made, close }: { made: NewPassword; close: () => void }) {
  return (
    <Dialog title={`A password for ${made.person.name}`} close={close}>
      <p>It is shown this once. Hand it over in person or by a way that nobody else reads, and ask {made.person.name} to choose another at once.</p>
      <p><code class="secret">{made.password}</code></p>
      <p><Button kind="main" onClick={() => void navigator.clipboard.writeText(made.password).then(() => say('Copied.'))}>Copy the password</Button> <Button onClick={close}>I have kept it</Button></p>
    </Dialog>
  )
}
