// The two-person rule on a real daemon: proposed, confirmed by another, done once; never by the same person, nor with an account
// that one of the two made; refused, withdrawn, lapsed; what changed meanwhile is not done; the machine is loud.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Person, start, until } from './daemon.mjs'

const guarded = ['bank.change', 'bank.delete', 'bank.remove', 'bank.import_large', 'switch.set', 'people.add', 'people.change', 'people.password', 'key.create', 'key.change', 'key.revoke', 'decision.reverse', 'settings.migrate']
let d, ann, bob, lead, mod
const api = (path) => '/console/api/' + path
before(async () => {
  d = await start({ two_person: guarded.join(',') })
  d.tutela('user', 'add', 'bob', '--role', 'admin', '--password-stdin')
  ;[ann, bob, lead, mod] = await Promise.all(['ann', 'bob', 'lead', 'moderator'].map((n) => d.person(n)))
})
after(() => d?.stop())

const propose = (who, method, path, body, reason = 'needed') => who.post('approvals', { method, path: api(path), body: body ?? {}, reason })
const end = (who, p, verb, body) => who.post(`approvals/${p.id}/${verb}`, body)
async function proposed(who, method, path, body) {
  const direct = await who.call(method, api(path), body)
  assert.equal(direct.status, 409, direct.bytes)
  assert.equal(direct.body.field, '/two_person')
  const { status, body: p, bytes } = await propose(who, method, path, body)
  assert.equal(status, 201, bytes)
  return p
}
const people = async (who = ann) => (await who.get('people')).body.people
const idOf = async (name) => (await people()).find((p) => p.name === name).id
const switchValue = async () => (await ann.get('switches')).body.switches.find((s) => s.name === 'observe_only').value

test('proposed, seen by another with what it changes, confirmed, done once', async () => {
  const p = await proposed(ann, 'PUT', 'switches', { name: 'observe_only', value: 'on' })
  assert.deepEqual(p.what, { subject: 'observe_only', changes: [{ field: 'value', was: 'off', will: 'on' }] })
  assert.deepEqual([p.mine, p.can_confirm, p.state, p.reason, p.proposer], [true, false, 'open', 'needed', 'ann'])
  assert.equal(await switchValue(), 'off')
  assert.equal((await end(ann, p, 'confirm')).status, 403, 'never by the same person')
  assert.equal((await end(ann, p, 'refuse', { note: 'x' })).status, 403)
  assert.equal((await end(mod, p, 'confirm')).status, 403, 'who may not do it may not confirm it')
  const seen = (await lead.get('approvals')).body.open.find((x) => x.id === p.id)
  assert.ok(seen.can_confirm && !seen.mine)
  assert.ok(!(await mod.get('approvals')).body.open.length)
  assert.equal((await lead.get('session')).body.approvals, 1)
  assert.equal((await ann.get('session')).body.approvals, 0)
  assert.ok(d.tutela('alarm', 'list').alarms.some((a) => a.kind === 'approval_waits' && a.ref === p.id))
  const both = await Promise.all([end(lead, p, 'confirm'), end(bob, p, 'confirm'), end(lead, p, 'confirm')])
  assert.deepEqual(both.map((x) => x.status).sort(), [200, 409, 409], 'once')
  assert.equal(await switchValue(), 'on')
  assert.ok(!d.tutela('alarm', 'list').alarms.some((a) => a.ref === p.id))
  const trail = d.tutela('audit', '--limit', '20').audit
  for (const verb of ['approval.propose', 'approval.confirm', 'switch.set']) assert.equal(trail.filter((l) => l.verb === verb).length, 1, verb)
  const [by, done] = ['approval.confirm', 'switch.set'].map((v) => trail.find((l) => l.verb === v).actor)
  assert.notEqual(by, done, 'done in the name of who proposed it, confirmed in that of the other')
})

test('refused with a reason, withdrawn by who proposed it: nothing is done', async () => {
  const change = ['PUT', 'switches', { name: 'observe_only', value: 'off' }]
  const a = await proposed(ann, ...change)
  assert.equal((await end(bob, a, 'refuse', { note: '' })).body.field, '/note')
  assert.equal((await end(bob, a, 'refuse', { note: 'not today' })).body.note, 'not today')
  assert.equal((await end(lead, a, 'confirm')).status, 409)
  const b = await proposed(ann, ...change)
  assert.equal((await end(bob, b, 'withdraw')).status, 403)
  assert.equal((await end(ann, b, 'withdraw')).body.state, 'withdrawn')
  const c = await proposed(ann, ...change)
  assert.equal(d.tutela('approval', 'list').approvals[0].id, c.id)
  d.tutela('approval', 'refuse', c.id, 'by the operator')
  assert.equal((await end(bob, c, 'confirm')).status, 409)
  assert.equal(await switchValue(), 'on')
})

test('an account that one of the two made, or gave a password to, is no second person', async () => {
  const p = await proposed(ann, 'POST', 'people', { name: 'second-self', role: 'admin' })
  const { body, bytes } = await end(bob, p, 'confirm')
  const self = new Person(d.url)
  assert.equal((await self.signIn('second-self', body.result.password)).status, 200, bytes)
  const change = await proposed(ann, 'PUT', 'switches', { name: 'automatic_actions', value: 'off' })
  const theirs = (await self.get('approvals')).body.open.find((x) => x.id === change.id)
  assert.equal(theirs.can_confirm, false)
  assert.equal((await end(self, change, 'confirm')).status, 403)
  const back = await proposed(self, 'PUT', 'switches', { name: 'automatic_actions', value: 'off' })
  assert.equal((await end(ann, back, 'confirm')).status, 403, 'the other way round neither')
  assert.equal((await end(bob, back, 'confirm')).status, 403, 'who confirmed the account saw its password')
  await end(self, back, 'withdraw')
  const reset = await proposed(ann, 'POST', `people/${await idOf('lead')}/password`, {})
  assert.equal((await end(bob, reset, 'confirm')).status, 200)
  assert.equal((await lead.get('session')).status, 401)
  const again = new Person(d.url)
  const fresh = (await ann.get('approvals')).body.closed.find((x) => x.id === reset.id)
  assert.equal(fresh.state, 'done')
  d.tutela('user', 'passwd', 'lead', '--password-stdin')
  assert.equal((await again.signIn('lead')).status, 200)
  assert.equal((await end(again, change, 'confirm')).status, 200, 'a password from the operator frees it')
  lead = again
  for (const open of (await bob.get('approvals')).body.open) await end(bob, open, 'refuse', { note: 'done with' })
})

test('nobody confirms what raises themselves, nor after the proposer lost the right', async () => {
  const raise = await proposed(ann, 'PATCH', `people/${await idOf('bob')}`, { skills: ['child_safety'] })
  assert.deepEqual(raise.what.changes, [{ field: 'skills', was: null, will: 'child_safety' }])
  assert.equal((await end(bob, raise, 'confirm')).status, 403)
  assert.equal((await propose(bob, 'PATCH', `people/${await idOf('bob')}`, { skills: ['terror'] })).status, 403, 'nor propose it')
  await end(ann, raise, 'withdraw')
  const key = await proposed(bob, 'POST', 'keys', { platform: 'demo', live: true, label: 'wide', scopes: ['admin'], rate_per_s: 0, expires_at: null })
  const down = await proposed(ann, 'PATCH', `people/${await idOf('bob')}`, { role: 'lead' })
  d.tutela('user', 'role', 'bob', 'lead')
  assert.equal((await end(ann, key, 'confirm')).status, 403, 'who proposed it may not any more')
  assert.equal((await ann.get('keys')).body.keys.filter((k) => k.label === 'wide').length, 0)
  d.tutela('user', 'role', 'bob', 'admin')
  await bob.signIn('bob')
  assert.equal((await end(ann, key, 'confirm')).body.result.key.label, 'wide')
  await end(ann, down, 'withdraw')
})

test('what would do something else by now is not done', async () => {
  const bank = d.tutela('bank', 'create', 'two', '--kind', 'text', '--policy', 'terms.spam')
  const id = bank.id ?? (await ann.get('banks')).body.banks.find((b) => b.name === 'two').id
  const p = await proposed(ann, 'PATCH', `banks/${id}`, { enabled: false })
  assert.deepEqual(p.what, { subject: 'two', changes: [{ field: 'state', was: 'in use', will: 'off' }] })
  d.tutela('bank', 'disable', 'two')
  const late = await end(lead, p, 'confirm')
  assert.equal(late.status, 409)
  assert.match(late.body.detail, /changed since/)
  assert.equal((await ann.get('approvals')).body.open.find((x) => x.id === p.id).state, 'open')
  d.tutela('bank', 'enable', 'two')
  assert.equal((await end(lead, p, 'confirm')).body.result.enabled, false)
  const lines = Array.from({ length: 101 }, (_, i) => `demo line ${i}`)
  assert.equal((await lead.post(`banks/${id}/import`, { text: lines.slice(0, 100).join('\n'), last: true })).status, 200, 'a small import needs one person')
  const large = await proposed(lead, 'POST', `banks/${id}/import`, { text: lines.join('\n'), last: true })
  assert.equal((await end(ann, large, 'confirm')).body.result.added, 1)
})

test('what a person may not see they are not told of, and cannot confirm', async () => {
  const bank = (await ann.get('banks')).body.banks.find((b) => b.policy.startsWith('csae'))
  const p = await proposed(ann, 'PATCH', `banks/${bank.id}`, { enabled: false })
  assert.ok(!JSON.stringify((await lead.get('approvals')).body).includes(bank.name))
  assert.equal((await lead.get('session')).body.approvals, 0)
  const shut = await end(lead, p, 'confirm')
  assert.equal(shut.status, 403)
  assert.ok(!shut.bytes.toString().includes(bank.name))
  await end(ann, p, 'withdraw')
})

test('what needs no second person, or is no such operation, cannot be proposed', async () => {
  for (const path of ['people', 'live', 'accounts/demo/u-1']) assert.equal((await propose(ann, 'GET', path)).body.field, '/path', 'reading is recorded where it is done')
  assert.equal((await propose(ann, 'DELETE', `people/${await idOf('bob')}/sessions`)).status, 409)
  assert.equal((await propose(ann, 'DELETE', 'session')).body.field, '/path')
  assert.equal((await propose(ann, 'PUT', 'nothing')).body.field, '/path')
  assert.equal((await propose(mod, 'PUT', 'switches', { name: 'observe_only', value: 'on' })).status, 403)
  assert.equal((await propose(ann, 'PUT', 'switches', { name: 'observe_only', value: 'maybe' })).body.field, '/value')
  assert.equal((await propose(ann, 'PUT', 'switches', { name: 'observe_only', value: 'off' }, '')).body.field, '/reason')
  const before = (await ann.get('banks')).body.banks.length
  assert.equal((await propose(ann, 'POST', 'banks', { name: 'sneaked', kind: 'text', policy: 'terms.spam', source: 'me', distance: null })).status, 409)
  assert.equal((await ann.get('banks')).body.banks.length, before, 'proposing does nothing')
})

test('the machine does alone what needs two, and everybody hears of it', async () => {
  d.tutela('--set', 'two_person=switch.set', 'switch', 'set', 'observe_only', 'off')
  assert.equal(await switchValue(), 'off')
  assert.ok(d.tutela('alarm', 'list').alarms.some((a) => a.kind === 'one_person' && a.ref === 'switch.set'))
})

test('what nobody confirms in time lapses', async () => {
  const late = await proposed(ann, 'PUT', 'switches', { name: 'observe_only', value: 'on' })
  const clock = (seconds) => { try { d.tutela('doctor', '--clock', String(seconds)) } catch { /* it found alarms */ } }
  clock(25 * 3600)
  ann = await d.person('ann')
  bob = await d.person('bob')
  assert.equal((await end(bob, late, 'confirm')).status, 409)
  await until('the clerk', async () => (await ann.get('approvals')).body.closed.find((x) => x.id === late.id)?.state === 'expired', 60_000)
  assert.equal(await switchValue(), 'off')
})
