// API keys of platforms: what each may do, from where, how fast, until when. A secret is shown once, when its key is made.
import { useSignal } from '@preact/signals'
import type { ApiKey, CreatedKey, KeyBounds, Keys as Answer, NewKey, Scope } from '../api.ts'
import { call, get } from '../app/http.ts'
import { useCommands } from '../app/keys.ts'
import { may } from '../app/state.ts'
import { Ago, Button, Empty, ErrorNote, Field, Tag, Title } from '../ui/basic.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { useLoad } from '../ui/load.ts'
import { say } from '../ui/status.tsx'
import { type Column, Table } from '../ui/table.tsx'

const SCOPES: Record<Scope, string> = {
  ingest: 'send items and media',
  match: 'ask whether something matches',
  flag: 'send flags of users',
  accounts: 'tell about accounts',
  confirm: 'confirm actions',
  events: 'read the event stream',
  read: 'read items and their trail',
  admin: 'everything, keys too',
  banks: 'change banks through the HMA API',
}
const USUAL: Scope[] = ['ingest', 'flag', 'accounts', 'confirm', 'events', 'read']

type Doing = { what: 'create' } | { what: 'change' | 'rotate' | 'revoke'; key: ApiKey }

const DAY = 86_400_000
const isOver = (k: ApiKey) => k.expires_at !== null && Date.parse(k.expires_at) <= Date.now()
const works = (k: ApiKey) => !k.revoked_at && !isOver(k)

function State({ of: k }: { of: ApiKey }) {
  if (k.revoked_at) return <Tag tone="warn">revoked</Tag>
  if (isOver(k)) return <Tag tone="warn">expired</Tag>
  if (k.replaced_by) return <Tag tone="quiet">replaced</Tag>
  if (k.expires_at && Date.parse(k.expires_at) - Date.now() < 14 * DAY) return <Tag tone="warn">expires soon</Tag>
  return k.unused ? <Tag tone="quiet" title="for 90 days">unused</Tag> : null
}

function Limits({ of: k }: { of: ApiKey }) {
  if (!k.rate_per_s && !k.networks.length) return <span class="quiet">none</span>
  return (
    <>
      {k.rate_per_s ? <div>{k.rate_per_s} a second{k.burst ? `, ${k.burst} at once` : ''}</div> : null}
      {k.networks[0] ? <div title={k.networks.join(' ')}>from {k.networks[0]}{k.networks.length > 1 ? ` and ${k.networks.length - 1} more` : ''}</div> : null}
    </>
  )
}

export function Keys() {
  const { data, error, reload } = useLoad('keys', () => get<Answer>(['keys']))
  const doing = useSignal<Doing | null>(null)
  const made = useSignal<CreatedKey | null>(null)
  const problem = useSignal<unknown>(null)
  const create = () => { doing.value = { what: 'create' } }
  useCommands({ 'list.new': may.admin.value ? create : null })
  const columns: Column<ApiKey>[] = [
    { name: 'label', title: 'Label', wide: true, by: (k) => k.label, cell: (k) => <>{k.label} <State of={k} /><div class="quiet"><code>{k.prefix}…</code></div></> },
    { name: 'platform', title: 'Platform', small: 'hide', by: (k) => k.platform, cell: (k) => <>{k.platform} <Tag>{k.live ? 'live' : 'test'}</Tag></> },
    { name: 'scopes', title: 'May', small: 'hide', wide: true, cell: (k) => k.scopes.join(', ') },
    { name: 'bounds', title: 'Bounds', small: 'hide', by: (k) => k.rate_per_s, cell: (k) => <Limits of={k} /> },
    { name: 'used', title: 'Last used', by: (k) => k.last_used_at ?? '', cell: (k) => (k.last_used_at ? <Ago time={k.last_used_at} /> : <span class="quiet">never</span>) },
    { name: 'expires', title: 'Expires', small: 'hide', by: (k) => k.expires_at ?? '9', cell: (k) => (k.expires_at ? <time dateTime={k.expires_at} title={k.expires_at}>{k.expires_at.slice(0, 10)}</time> : <span class="quiet">never</span>) },
    {
      name: 'doing',
      title: 'Change',
      untitled: true,
      cell: (k) => works(k) ? (
        <span class="acts">
          <Button kind="quiet" onClick={() => { doing.value = { what: 'change', key: k } }}>Change</Button>
          {k.replaced_by ? null : <Button kind="quiet" onClick={() => { doing.value = { what: 'rotate', key: k } }}>Rotate</Button>}
          <Button kind="quiet" onClick={() => { doing.value = { what: 'revoke', key: k } }}>Revoke</Button>
        </span>
      ) : k.revoked_at ? <Ago time={k.revoked_at} /> : null,
    },
  ]
  const close = () => { doing.value = null; made.value = null; reload() }
  const revoke = (k: ApiKey) => {
    doing.value = null
    void call('DELETE', ['keys', k.id]).then(() => { say(`The key ${k.label} works no more.`); reload() }, (e: unknown) => { problem.value = e })
  }
  if (!may.admin.value) return <main class="screen"><Title>Keys</Title><Empty title="Keys are for administrators."><p>An administrator can create the key that you need, or change your role.</p></Empty></main>
  const now = doing.value
  return (
    <main class="screen">
      <Title aside={<Button kind="main" command="list.new" onClick={create}>New key</Button>}>Keys</Title>
      <ErrorNote error={error ?? problem.value} retry={reload} />
      {data && !data.keys.length ? <Empty title="No platform has a key yet."><p>A platform sends items and confirms actions with a key. Create one and hand its secret to the platform's engineers.</p></Empty> : null}
      {data?.keys.length ? <Table label="Keys" rows={data.keys} columns={columns} id={(k) => k.id} /> : null}
      {made.value ? <Secret of={made.value.secret} close={close} /> : null}
      {!made.value && now?.what === 'create' && data ? <CreateKey platforms={data.platforms} done={(c) => { made.value = c }} close={close} /> : null}
      {!made.value && now?.what === 'rotate' ? <RotateKey of={now.key} done={(c) => { made.value = c }} close={close} /> : null}
      {now?.what === 'change' ? <ChangeKey of={now.key} close={close} /> : null}
      {now?.what === 'revoke' ? (
        <Dialog title={`Revoke ${now.key.label}?`} close={() => { doing.value = null }}>
          <p>Whoever uses this key is refused from now on. It cannot be taken back; items already accepted stay.</p>
          <Button kind="danger" onClick={() => revoke(now.key)}>Revoke the key</Button>
        </Dialog>
      ) : null}
    </main>
  )
}

function Secret({ of: secret, close }: { of: string; close: () => void }) {
  return (
    <Dialog title="The key is made" close={close}>
      <p>This is its secret. It is shown this once; nobody can read it later.</p>
      <p><code class="secret">{secret}</code></p>
      <p><Button kind="main" onClick={() => void navigator.clipboard.writeText(secret).then(() => say('Copied.'))}>Copy the secret</Button> <Button onClick={close}>I have kept it</Button></p>
    </Dialog>
  )
}

/** What making and changing have in common. */
function Bounds({ of: k, set }: { of: KeyBounds; set: (change: Partial<KeyBounds>) => void }) {
  const toggle = (s: Scope) => set({ scopes: k.scopes.includes(s) ? k.scopes.filter((x) => x !== s) : [...k.scopes, s] })
  return (
    <>
      <fieldset>
        <legend>May</legend>
        {(Object.keys(SCOPES) as Scope[]).map((s) => (
          <label key={s} class="check"><input type="checkbox" checked={k.scopes.includes(s)} onChange={() => toggle(s)} /> {s} <span class="quiet">{SCOPES[s]}</span></label>
        ))}
      </fieldset>
      <Field label="Requests a second, at most" help="0: no limit"><input type="number" min={0} max={1000000} value={k.rate_per_s} onInput={(e) => set({ rate_per_s: Number(e.currentTarget.value) })} /></Field>
      <Field label="Requests at once, at most" help="0: a second's worth"><input type="number" min={0} max={1000000} value={k.burst} onInput={(e) => set({ burst: Number(e.currentTarget.value) })} /></Field>
      <Field label="From these networks only" help="Such as 203.0.113.0/24, separated by spaces; empty: from anywhere"><input value={k.networks.join(' ')} onChange={(e) => set({ networks: e.currentTarget.value.split(/[\s,]+/).filter(Boolean) })} /></Field>
      <Field label="Expires at the end of" help="Empty: never. An alarm opens before."><input type="date" value={k.expires_at?.slice(0, 10) ?? ''} onInput={(e) => set({ expires_at: e.currentTarget.value ? `${e.currentTarget.value}T23:59:59.000Z` : null })} /></Field>
    </>
  )
}

function ChangeKey({ of: old, close }: { of: ApiKey; close: () => void }) {
  const { label, scopes, rate_per_s, burst, networks, expires_at } = old
  const key = useSignal<KeyBounds>({ label, scopes, rate_per_s, burst, networks, expires_at })
  const problem = useSignal<unknown>(null)
  const set = (change: Partial<KeyBounds>) => { key.value = { ...key.value, ...change } }
  const send = () => call<ApiKey>('PUT', ['keys', old.id], { ...key.value, label: key.value.label.trim() }).then(() => { say('Changed; it holds within two seconds.'); close() }, (e: unknown) => { problem.value = e })
  return (
    <Dialog title={`Change ${old.label}`} close={close}>
      <form onSubmit={(e) => { e.preventDefault(); void send() }}>
        <Field label="Label" help="Who uses it, so that you know it again"><input required maxLength={100} value={key.value.label} onInput={(e) => set({ label: e.currentTarget.value })} /></Field>
        <Bounds of={key.value} set={set} />
        <ErrorNote error={problem.value} />
        <Button type="submit" kind="main" disabled={!key.value.scopes.length} onClick={() => undefined}>Change the key</Button>
      </form>
    </Dialog>
  )
}

function RotateKey({ of: old, done, close }: { of: ApiKey; done: (c: CreatedKey) => void; close: () => void }) {
  const hours = useSignal(24)
  const problem = useSignal<unknown>(null)
  const send = () => call<CreatedKey>('POST', ['keys', old.id, 'rotate'], { hours: hours.value }).then(done, (e: unknown) => { problem.value = e })
  return (
    <Dialog title={`Rotate ${old.label}`} close={close}>
      <form onSubmit={(e) => { e.preventDefault(); void send() }}>
        <p>A new key is made that may do the same. Both work until the old one ends, so that its holder can change over without a gap.</p>
        <Field label="The old one works on for" help="hours; 0 ends it at once"><input type="number" min={0} max={720} value={hours.value} onInput={(e) => { hours.value = Number(e.currentTarget.value) }} /></Field>
        <ErrorNote error={problem.value} />
        <Button type="submit" kind="main" onClick={() => undefined}>Make the new key</Button>
      </form>
    </Dialog>
  )
}

function CreateKey({ platforms, done, close }: { platforms: string[]; done: (c: CreatedKey) => void; close: () => void }) {
  const key = useSignal<NewKey>({ platform: platforms[0] ?? '', live: true, label: '', scopes: USUAL, rate_per_s: 0, burst: 0, networks: [], expires_at: null })
  const problem = useSignal<unknown>(null)
  const set = (change: Partial<NewKey>) => { key.value = { ...key.value, ...change } }
  const k = key.value
  const send = () => call<CreatedKey>('POST', ['keys'], { ...k, label: k.label.trim() }).then(done, (e: unknown) => { problem.value = e })
  return (
    <Dialog title="New key" close={close}>
      <form onSubmit={(e) => { e.preventDefault(); void send() }}>
        <Field label="Label" help="Who uses it, so that you know it again"><input required maxLength={100} value={k.label} onInput={(e) => set({ label: e.currentTarget.value })} /></Field>
        <Field label="Platform"><input required list="platforms" value={k.platform} onInput={(e) => set({ platform: e.currentTarget.value })} /></Field>
        <datalist id="platforms">{platforms.map((p) => <option key={p} value={p} />)}</datalist>
        <Field label="For"><select value={k.live ? 'live' : 'test'} onChange={(e) => set({ live: e.currentTarget.value === 'live' })}><option value="live">live: real content, real actions</option><option value="test">test: kept apart, counts nowhere</option></select></Field>
        <Bounds of={k} set={set} />
        <ErrorNote error={problem.value} />
        <Button type="submit" kind="main" disabled={!k.scopes.length} onClick={() => undefined}>Create the key</Button>
      </form>
    </Dialog>
  )
}
