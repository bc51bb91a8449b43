// API keys over their life: bounds that hold, rotation without a gap, expiry that is told before, use that is seen.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startDaemon, until } from '../contract/installation.mjs'

let d
before(async () => { d = await startDaemon({ sets: { trusted_proxies: '127.0.0.1' } }) })
after(() => d?.end())

const ask = (secret, from) => d.call('GET', '/v1/items/none', undefined, { key: secret, headers: from ? { 'x-forwarded-for': from } : {} })
const list = () => d.cli('key', 'list').keys
const find = (id) => list().find((k) => k.id === id)
/** The command ends with 5 when there is something to look at. */
const findings = (...args) => {
  try { return d.cli('doctor', ...args).findings } catch (error) {
    assert.equal(error.status, 5, String(error.stderr))
    return JSON.parse(error.stdout).findings
  }
}
/** A change holds within two seconds. */
const becomes = (what, secret, status, from) => until(what, async () => (await ask(secret, from)).status === status)

test('a key is heard from its networks only', async () => {
  const k = d.key('read', '--networks', '203.0.113.0/24 2001:db8::/32')
  assert.equal((await ask(k.secret, '203.0.113.77')).status, 404)
  assert.equal((await ask(k.secret, '2001:db8:5::1')).status, 404)
  const refused = await ask(k.secret, '198.51.100.1')
  assert.equal(refused.status, 403)
  assert.match(refused.json.detail, /this address/)
  assert.equal((await ask(k.secret)).status, 403, 'and not from the proxy itself')
  d.cli('key', 'set', k.id, '--networks', 'any')
  await becomes('it to be heard from anywhere', k.secret, 404, '198.51.100.1')
  for (const wrong of ['10.0.0.1/8', 'here', '10.0.0.0/40', '1.2.3.4/'])
    assert.throws(() => d.cli('key', 'set', k.id, '--networks', wrong), /prefix|not a network/)
  assert.equal(find(k.id).networks.length, 0, 'a refused change changes nothing')
})

test('a key is held to its rate, told how much is left, and no other suffers', async () => {
  const k = d.key('read', '--rate', '1', '--burst', '5')
  const first = await ask(k.secret)
  assert.equal(first.headers.get('ratelimit-limit'), '5')
  assert.equal(first.headers.get('ratelimit-remaining'), '4')
  const got = await Promise.all(Array.from({ length: 30 }, () => ask(k.secret)))
  const over = got.filter((a) => a.status === 429)
  assert.ok(over.length >= 15, `${over.length} refused`)
  assert.ok(Number(over[0].headers.get('retry-after')) >= 1)
  assert.equal((await ask(d.secret)).status, 404, 'another key of the same address')
  d.cli('key', 'set', k.id, '--rate', '0', '--burst', '0')
  await becomes('its limit to be lifted', k.secret, 404)
  assert.equal((await ask(d.secret)).headers.get('ratelimit-limit'), null)
})

test('scopes can be given and taken', async () => {
  const k = d.key('match')
  assert.equal((await ask(k.secret)).status, 403)
  d.cli('key', 'set', k.id, '--scopes', 'match read')
  await becomes('it to read', k.secret, 404)
  d.cli('key', 'set', k.id, '--scopes', 'match')
  await becomes('it to read no more', k.secret, 403)
  assert.throws(() => d.cli('key', 'set', k.id, '--scopes', 'everything'), /no scope/)
})

test('rotation leaves no gap, and the old key ends', async () => {
  const k = d.key('read', '--rate', '50')
  const next = d.cli('key', 'rotate', k.id, '--hours', '1')
  assert.equal((await ask(next.secret)).status, 404)
  assert.equal((await ask(k.secret)).status, 404, 'both work meanwhile')
  assert.equal(find(next.id).rate_per_s, 50)
  assert.throws(() => d.cli('key', 'rotate', k.id), /replaced already/)
  d.cli('key', 'rotate', next.id, '--hours', '0')
  await becomes('the old one to end', next.secret, 401)
  d.cli('key', 'revoke', k.id)
  await becomes('the revoked one to end', k.secret, 401)
  assert.throws(() => d.cli('key', 'rotate', '01a20c58-45f7-7000-86c9-49bf848c72a5'), /no such key/)
})

test('last use is seen; what runs out is told before; what nobody uses is listed', async () => {
  const k = d.key('read', '--days', '40', '--label', 'runs out')
  assert.equal((await ask(k.secret)).status, 404)
  await until('its use to be noted', () => find(k.id).last_used_at, 30_000)
  const told = () => findings().filter((f) => f.check === 'keys')
  assert.ok(!told().some((f) => f.text.includes('runs out')))
  findings('--clock', String(30 * 86400))
  try {
    assert.ok(told().some((f) => /runs out.*within two weeks/.test(f.text)), JSON.stringify(told()))
    await until('the alarm', () => d.cli('alarm', 'list').alarms.some((a) => a.kind === 'key_expiry'), 60_000)
    const next = d.cli('key', 'rotate', k.id)
    assert.ok(!told().some((f) => f.text.includes(find(k.id).prefix)), 'who has a successor is fine')
    await until('the alarm to be over', () => !d.cli('alarm', 'list').alarms.some((a) => a.kind === 'key_expiry'), 60_000)
    findings('--clock', String(125 * 86400))
    assert.ok(!d.cli('key', 'list', '--unused').keys.some((x) => x.id === k.id), 'an expired key is no unused one')
    assert.ok(!d.cli('key', 'list', '--unused').keys.some((x) => x.id === next.id) || find(next.id).expires_at)
    assert.ok(d.cli('key', 'list', '--unused').keys.length >= 1)
    assert.ok(told().some((f) => /was not used for 90 days/.test(f.text)))
  } finally {
    findings('--clock', '0')
  }
})

test('every change is in the audit trail, without a secret', () => {
  const rows = JSON.stringify(d.cli('audit', '--limit', '200'))
  for (const verb of ['key.create', 'key.set', 'key.rotate', 'key.revoke']) assert.ok(rows.includes(verb), verb)
  assert.match(rows, /rate burst/)
  assert.ok(!rows.includes(d.secret))
})
