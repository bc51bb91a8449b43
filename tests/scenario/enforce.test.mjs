// Decisions become changes on the platform: held and released, left to people, reversed, read from the event stream.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { start, until } from './daemon.mjs'

let d, ann, key
before(async () => {
  d = await start()
  ann = await d.person('ann')
  key = d.tutela('key', 'add', '--platform', 'demo', '--label', 'events').secret
})
after(() => d?.stop())

const fraud = 'demo your parcel waits for a fee'
const heard = (id, type = 'action.requested') =>
  d.platform.heard.map((h) => h.event).filter((e) => e.type === type && e.data.subject.id === id)
const trail = async (id) => (await d.api('GET', `/v1/items/${id}`)).body
const confirm = (action) => d.api('POST', `/v1/actions/${action}/confirm`, { outcome: 'done' })
const set = (name, value) => ann.call('PUT', '/console/api/switches', { name, value })

test('observe only: everything is recorded, nothing leaves, a replay lets it go', async () => {
  assert.equal((await set('observe_only', 'on')).status, 200)
  const t = await d.item('held-1', fraud)
  assert.equal(t.verdict, 'block')
  assert.equal(t.actions[0].state, 'held')
  await sleep(1500)
  assert.equal(heard('held-1').length, 0)
  assert.equal((await set('observe_only', 'off')).status, 200)
  const { body } = await ann.get('deliveries?state=held')
  const mine = body.deliveries.find((x) => x.kind === 'action.requested' && x.body.data.subject.id === 'held-1')
  assert.equal((await ann.post(`deliveries/${mine.id}/replay`)).status, 200)
  await until('the released action', () => heard('held-1').length === 1)
  assert.equal((await trail('held-1')).actions[0].state, 'sent')
})

test('automatic actions off: a person must look', async () => {
  assert.equal((await set('automatic_actions', 'off')).status, 200)
  const t = await d.item('manual-1', fraud)
  assert.equal(t.verdict, 'block')
  assert.equal(t.actions.length, 0)
  assert.equal(t.decisions.length, 0)
  assert.equal(t.cases.length, 1)
  assert.equal((await set('automatic_actions', 'on')).status, 200)
})

test('a clear decision restores, in order, and the platform confirms both', async () => {
  const t = await d.item('back-1', 'demo topple the snowman')
  await until('the withholding', () => heard('back-1').length === 1)
  assert.equal((await confirm(t.actions[0].action)).body.state, 'confirmed')
  const c = await until('the case', async () => (await trail('back-1')).cases[0])
  assert.equal((await ann.post(`cases/${c.case}/claim`)).status, 200)
  const clear = { kind: 'clear', policy: null, ground: 'none', actions: [], facts: '', note: '' }
  assert.equal((await ann.post(`cases/${c.case}/decide`, clear)).status, 200)
  const [first, second] = await until('the restoring', () => heard('back-1').length === 2 && heard('back-1'))
  assert.equal(first.data.action, 'withhold')
  assert.equal(second.data.action, 'restore')
  assert.equal(second.data.reverses, first.data.action_id)
  assert.equal((await confirm(second.data.action_id)).body.state, 'confirmed')
  const states = Object.fromEntries((await trail('back-1')).actions.map((a) => [a.name, a.state]))
  assert.deepEqual(states, { withhold: 'reversed', restore: 'confirmed' })
  await until('the end of the case', () => heard('back-1', 'case.decided').length === 1)
})

test('undo: the platform never hears of it', async () => {
  await d.item('undo-1', 'look at this: DEMO-HATE-PHRASE')
  const c = await until('the case', async () => (await trail('undo-1')).cases[0])
  await ann.post(`cases/${c.case}/claim`)
  const remove = { kind: 'act', policy: 'speech.hate', ground: 'illegal', actions: [{ name: 'remove', params: null }], facts: '', note: '' }
  const { body } = await ann.post(`cases/${c.case}/decide`, remove)
  assert.equal((await ann.post(`decisions/${body.decision}/undo`)).status, 200)
  await sleep(2500)
  assert.equal(heard('undo-1').length, 0)
  assert.equal((await trail('undo-1')).actions[0].state, 'cancelled')
})

test('a decision is reversed long after: restored, with a statement, and its strike is gone', async () => {
  const t = await d.item('appeal-1', fraud, { author: { id: 'u-appeal' } })
  await until('the removal', () => heard('appeal-1').length === 1)
  await confirm(t.actions[0].action)
  assert.ok((await ann.get('accounts/demo/u-appeal')).body.account.strikes > 0)
  const made = d.tutela('decision', 'reverse', t.decisions[0].decision, '--by', 'ann', '--appeal', '--facts', 'The complaint was right.')
  const [, back] = await until('the restoring', () => heard('appeal-1').length === 2 && heard('appeal-1'))
  assert.equal(back.data.decision_id, made.id)
  assert.equal(back.data.action, 'restore')
  assert.match(back.data.statement.text, /The complaint was right/)
  assert.equal((await confirm(back.data.action_id)).body.state, 'confirmed')
  assert.equal((await ann.get('accounts/demo/u-appeal')).body.account.strikes, 0)
  assert.throws(() => d.tutela('decision', 'reverse', t.decisions[0].decision, '--by', 'ann'))
})

test('an account that was reported is suspended, with an end, and its state follows', async () => {
  await d.api('PUT', '/v1/accounts/u-rough', { age_band: '18+' })
  const flag = { id: 'f-1', subject: { kind: 'account', id: 'u-rough' }, kind: 'trusted_flagger', policy: 'cyberviolence.harassment', comment: 'Everybody is afraid.' }
  const id = (await d.api('POST', '/v1/flags', flag)).body.case
  assert.equal((await ann.post(`cases/${id}/claim`)).status, 200)
  const act = { kind: 'act', policy: 'cyberviolence.harassment', ground: 'incompatible', actions: [{ name: 'account_suspend', params: null }], facts: '', note: '' }
  assert.equal((await ann.post(`cases/${id}/decide`, act)).status, 200)
  const [e] = await until('the suspension', () => heard('u-rough').length === 1 && heard('u-rough'))
  assert.equal(e.data.subject.kind, 'account')
  assert.equal(e.data.action, 'account_suspend')
  assert.ok(new Date(e.data.params.until) > Date.now())
  assert.match(e.data.statement.text, /trusted flagger/)
  await confirm(e.data.action_id)
  const { body } = await ann.get('accounts/demo/u-rough')
  assert.equal(body.account.state, 'suspended')
  assert.equal(body.account.decisions[0].subject.kind, 'account')
})

test('the event stream has the same events, numbered without a gap, and resumes', async () => {
  async function read(after, want) {
    const control = new AbortController()
    const response = await fetch(`${d.url}/v1/events?after=${after}`, { headers: { authorization: `Bearer ${key}` }, signal: control.signal })
    const events = []
    let text = ''
    const end = setTimeout(() => control.abort(), 5000)
    try {
      for await (const part of response.body) {
        text += Buffer.from(part).toString()
        for (let at; (at = text.indexOf('\n\n')) >= 0; text = text.slice(at + 2)) {
          const lines = Object.fromEntries(text.slice(0, at).split('\n').map((l) => l.split(/: (.*)/s)))
          if (lines.data) events.push({ n: Number(lines.id), type: lines.event, event: JSON.parse(lines.data) })
        }
        if (events.length >= want) break
      }
    } catch (e) {
      if (e.name !== 'AbortError') throw e
    }
    clearTimeout(end)
    control.abort()
    return events
  }
  const sent = new Set(d.platform.heard.map((h) => h.event.id))
  const all = await read(0, sent.size)
  assert.deepEqual(all.map((e) => e.n), all.map((_, i) => i + 1))
  for (const id of sent) assert.ok(all.some((e) => e.event.id === id))
  for (const e of all) assert.equal(e.type, e.event.type)
  const rest = await read(3, all.length - 3)
  assert.equal(rest[0].n, 4)
})

test('a clerk that was stopped hands its duty on: deliveries do not wait for its lease', async () => {
  const clerk = () => execFileSync('pgrep', ['-P', String(d.pid), '-f', 'role clerk'], { encoding: 'utf8' }).trim()
  await d.item('before-1', fraud)
  await until('a delivery by the first clerk', () => heard('before-1').length === 1)
  const first = clerk()
  process.kill(Number(first), 'SIGTERM')
  await until('another clerk', () => { try { return clerk() !== first } catch { return false } })
  await d.item('after-1', fraud)
  await until('a delivery by the next clerk', () => heard('after-1').length === 1, 6_000)
})
