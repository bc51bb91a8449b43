// API keys of platforms. A secret is shown once, when its key is made.
import { useSignal } from '@preact/signals'
import type { ApiKey, CreatedKey, Keys as Answer, NewKey, Scope } from '../api.ts'
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
}
const USUAL: Scope[] = ['ingest', 'flag', 'accounts', 'confirm', 'events', 'read']

export function Keys() {
  const { data, error, reload } = useLoad('keys', () => get<Answer>(['keys']))
  const open = useSignal(false)
  const revoking = useSignal<ApiKey | null>(null)
  const problem = useSignal<unknown>(null)
  const create = () => { open.value = true }
  useCommands({ 'list.new': may.admin.value ? create : null })
  const columns: Column<ApiKey>[] = [
    { name: 'label', title: 'Label', wide: true, by: (k) => k.label, cell: (k) => <>{k.label} {k.revoked_at ? <Tag tone="warn">revoked</Tag> : null}</> },
    { name: 'prefix', title: 'Begins with', cell: (k) => <code>{k.prefix}…</code> },
    { name: 'platform', title: 'Platform', small: 'hide', by: (k) => k.platform, cell: (k) => k.platform },
    { name: 'live', title: 'For', by: (k) => (k.live ? 'live' : 'test'), cell: (k) => <Tag>{k.live ? 'live' : 'test'}</Tag> },
    { name: 'scopes', title: 'May', small: 'hide', cell: (k) => k.scopes.join(', ') },
    { name: 'used', title: 'Last used', by: (k) => k.last_used_at ?? '', cell: (k) => (k.last_used_at ? <Ago time={k.last_used_at} /> : <span class="quiet">never</span>) },
    { name: 'revoke', title: 'Revoke', untitled: true, cell: (k) => (k.revoked_at ? <Ago time={k.revoked_at} /> : <Button kind="quiet" onClick={() => { revoking.value = k }}>Revoke</Button>) },
  ]
  const revoke = (k: ApiKey) => {
    revoking.value = null
    void call('DELETE', ['keys', k.id]).then(() => { say(`The key ${k.label} works no more.`); reload() }, (e: unknown) => { problem.value = e })
  }
  if (!may.admin.value) return <main class="screen"><Title>Keys</Title><Empty title="Keys are for administrators."><p>An administrator can create the key that you need, or change your role.</p></Empty></main>
  return (
    <main class="screen">
      <Title aside={<Button kind="main" command="list.new" onClick={create}>New key</Button>}>Keys</Title>
      <ErrorNote error={error ?? problem.value} retry={reload} />
      {data && !data.keys.length ? <Empty title="No platform has a key yet."><p>A platform sends items and confirms actions with a key. Create one and hand its secret to the platform's engineers.</p></Empty> : null}
      {data?.keys.length ? <Table label="Keys" rows={data.keys} columns={columns} id={(k) => k.id} /> : null}
      {open.value && data ? <CreateKey platforms={data.platforms} close={() => { open.value = false; reload() }} /> : null}
      {revoking.value ? (
        <Dialog title={`Revoke ${revoking.value.label}?`} close={() => { revoking.value = null }}>
          <p>Whoever uses this key is refused from now on. It cannot be taken back; items already accepted stay.</p>
          <Button kind="danger" onClick={() => revoke(revoking.value as ApiKey)}>Revoke the key</Button>
        </Dialog>
      ) : null}
    </main>
  )
}

function CreateKey({ platforms, close }: { platforms: string[]; close: () => void }) {
  const key = useSignal<NewKey>({ platform: platforms[0] ?? '', live: true, label: '', scopes: USUAL, rate_per_s: 0, expires_at: null })
  const made = useSignal<CreatedKey | null>(null)
  const problem = useSignal<unknown>(null)
  const set = (change: Partial<NewKey>) => { key.value = { ...key.value, ...change } }
  const k = key.value
  const toggle = (s: Scope) => set({ scopes: k.scopes.includes(s) ? k.scopes.filter((x) => x !== s) : [...k.scopes, s] })
  const send = () => call<CreatedKey>('POST', ['keys'], { ...k, label: k.label.trim() }).then((c) => { made.value = c }, (e: unknown) => { problem.value = e })
  if (made.value) {
    const secret = made.value.secret
    return (
      <Dialog title="The key is made" close={close}>
        <p>This is its secret. It is shown this once; nobody can read it later.</p>
        <p><code class="secret">{secret}</code></p>
        <p><Button kind="main" onClick={() => void navigator.clipboard.writeText(secret).then(() => say('Copied.'))}>Copy the secret</Button> <Button onClick={close}>I have kept it</Button></p>
      </Dialog>
    )
  }
  return (
    <Dialog title="New key" close={close}>
      <form onSubmit={(e) => { e.preventDefault(); void send() }}>
        <Field label="Label" help="Who uses it, so that you know it again"><input required maxLength={100} value={k.label} onInput={(e) => set({ label: e.currentTarget.value })} /></Field>
        <Field label="Platform"><input required list="platforms" value={k.platform} onInput={(e) => set({ platform: e.currentTarget.value })} /></Field>
        <datalist id="platforms">{platforms.map((p) => <option key={p} value={p} />)}</datalist>
        <Field label="For"><select value={k.live ? 'live' : 'test'} onChange={(e) => set({ live: e.currentTarget.value === 'live' })}><option value="live">live: real content, real actions</option><option value="test">test: kept apart, counts nowhere</option></select></Field>
        <fieldset>
          <legend>May</legend>
          {(Object.keys(SCOPES) as Scope[]).map((s) => (
            <label key={s} class="check"><input type="checkbox" checked={k.scopes.includes(s)} onChange={() => toggle(s)} /> {s} <span class="quiet">{SCOPES[s]}</span></label>
          ))}
        </fieldset>
        <Field label="Requests a second, at most" help="0: no limit"><input type="number" min={0} max={100000} value={k.rate_per_s} onInput={(e) => set({ rate_per_s: Number(e.currentTarget.value) })} /></Field>
        <ErrorNote error={problem.value} />
        <Button type="submit" kind="main" disabled={!k.scopes.length} onClick={() => undefined}>Create the key</Button>
      </form>
    </Dialog>
  )
}
