// Who may not is refused, on every route: generated from the tables of routes, roles and scopes (tests/routes_table.c) and
// one sample request a route (requests.mjs). A new route without a sample fails the first test.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { after, before, test } from 'node:test'
import { root } from '../programs.mjs'
import { Person, start, until } from './daemon.mjs'
import { CONSOLE, HMA, PLATFORM } from './requests.mjs'

const tables = JSON.parse(execFileSync(join(resolve(root, process.env.TUTELA_BUILD ?? 'build'), 'tests', 'routes-table'), { encoding: 'utf8' }))
const nameOf = (route) => `${route.method} ${route.path.replace('/console/api/', '')}`
const consoleRoutes = tables.console.map((r) => ({ ...r, name: nameOf(r), sample: CONSOLE[nameOf(r)] }))
const platformRoutes = [...tables.platform.map((r) => ({ ...r, name: nameOf(r), sample: PLATFORM[nameOf(r)] })), ...tables.hma.map((r) => ({ ...r, name: nameOf(r), sample: HMA[nameOf(r)] }))]
const fill = (path, parts = []) => {
  let n = 0
  return path.replace(/\{[^}]*\}/g, () => encodeURIComponent(parts[n++]))
}
const changes = (r) => r.method !== 'GET'

let d, x
const who = {} // by role; `bare`: an administrator without clearance; `gone`: signed out; `out`: shut out
const sealedFrom = ['moderator', 'lead', 'bare'] // not cleared for child safety
const refused = { checks: 0 }

/** Sends a route's sample as a person; `headers` in place of the right ones. */
async function send(route, person, { parts, headers = {} } = {}) {
  const { sample } = route
  const path = fill(route.path, parts ?? sample.path?.(x, person))
  const body = sample.body?.(x, person)
  if (!sample.stream) return person.call(route.method, path, body, { ...(sample.type && { 'content-type': sample.type }), ...headers })
  const stop = new AbortController()
  const answer = await fetch(d.url + path, { headers: { ...(person.cookie && { cookie: `__Host-tutela=${person.cookie}` }), ...headers }, signal: stop.signal })
  stop.abort()
  return { status: answer.status, body: null, bytes: '' }
}
async function expect(status, route, as, person, options) {
  const answer = await send(route, person, options)
  refused.checks++
  assert.equal(answer.status, status, `${route.name} ${as}: ${answer.bytes}`)
  return answer
}

before(async () => {
  d = await start({ undo_seconds: 1, anonymous_per_address: 0 })
  d.tutela('user', 'skills', 'specialist', 'child_safety')
  for (const [name, role] of [['bare', 'admin'], ['gone', 'admin'], ['out', 'admin'], ['victim', 'moderator']]) d.tutela('user', 'add', name, '--role', role, '--password-stdin')
  for (const [as, name] of Object.entries({ viewer: 'viewer', moderator: 'moderator', specialist: 'specialist', lead: 'lead', admin: 'ann', bare: 'bare', gone: 'gone', out: 'out' })) {
    who[as] = Object.assign(await d.person(name), { role: as, user: name })
  }
  const goneCookie = { cookie: who.gone.cookie, csrf: who.gone.csrf }
  await who.gone.call('DELETE', '/console/api/session')
  Object.assign(who.gone, goneCookie)
  d.tutela('user', 'disable', 'out')
  x = await things()
})
after(() => d?.stop())

/** Something of every kind that routes name: open, and sealed. */
async function things() {
  const { admin, specialist } = who
  const picture = (name) => readFileSync(new URL(`../data/pdq/${name}`, import.meta.url))
  const upload = async (n) => (await d.api('PUT', '/v1/media', picture(n))).body.id
  const x = { picture: picture('scene01.png'), item: 'open-1', sealedItem: 'sealed-1', sealedAccount: 'u-sealed', spare: 'spare-1', spareAccount: 'u-spare' }
  const caseOf = (id) => until(`the case of ${id}`, async () => (await admin.get(`items/demo/${id}`)).body.cases?.[0]?.id)
  x.media = await upload('scene01.png')
  x.sealedMedia = await upload('scene02-palette.png')
  await d.item('open-1', 'look: DEMO-HATE-PHRASE', { kind: 'image', media: [x.media] })
  await d.item('open-2', 'look: DEMO-HATE-PHRASE')
  await d.item('sealed-1', 'DEMO-CODED-OFFER', { kind: 'image', media: [x.sealedMedia] })
  await d.item('sealed-2', 'DEMO-CODED-OFFER')
  await d.item('spare-1', 'harmless', { author: { id: 'u-spare' } })
  await d.item('by-sealed', 'harmless', { author: { id: 'u-sealed' } })
  assert.equal((await d.api('POST', '/v1/flags', { subject: { kind: 'account', id: 'u-sealed' }, kind: 'user', policy: 'csae.grooming' })).status, 202)
  x.case = await caseOf('open-1')
  x.sealedCase = await caseOf('sealed-1')
  const decide = async (by, id, policy) => {
    const at = await caseOf(id)
    assert.equal((await by.post(`cases/${at}/claim`)).status, 200)
    const answer = await by.post(`cases/${at}/decide`, { kind: 'act', policy, ground: 'illegal', actions: [{ name: 'remove', params: null }], facts: '', note: '' })
    assert.equal(answer.status, 200, answer.bytes)
    return answer.body.decision
  }
  x.decision = await decide(admin, 'open-2', 'speech.hate')
  x.sealedDecision = await decide(specialist, 'sealed-2', 'csae.suspected')
  const heard = (decision) => until('the webhook', () => d.platform.heard.find((h) => h.event.data.decision_id === decision))
  const { event } = await heard(x.decision)
  x.delivery = event.id
  x.sealedDelivery = (await heard(x.sealedDecision)).event.id
  x.action = /actions\/([^/]+)\/confirm/.exec(event.data.confirm_url)[1]
  const banks = (await admin.get('banks')).body.banks
  x.sealedBank = banks.find((b) => b.policy.startsWith('csae')).id
  const watch = { title: 'a clip', effect: 'review', distance: 0, hours: 1 }
  x.watch = (await admin.post('crisis', { ...watch, case: x.case, policy: 'speech.hate' })).body.id
  x.sealedWatch = (await admin.post('crisis', { ...watch, case: x.sealedCase, policy: 'csae.suspected' })).body.id
  x.bank = (await admin.post('banks', { name: 'perm', kind: 'text', policy: 'terms.spam', source: 'me', distance: null })).body.id
  x.entry = (await admin.post(`banks/${x.bank}/entries`, { form: 'phrase', value: 'first', note: null })).body.id
  x.key = d.tutela('key', 'add', '--platform', 'demo', '--label', 'to revoke').id
  x.person = d.tutela('user', 'list').users.find((u) => u.name === 'victim').id
  x.reveal = {}
  for (const role of ['moderator', 'specialist', 'lead', 'admin', 'bare']) {
    const { body } = await who[role].post(`media/${x.media}/reveal`, {})
    x.reveal[role] = body.url.split('/').pop()
  }
  x.reveal.viewer = x.reveal.gone = x.reveal.out = x.reveal.admin
  const curator = { authorization: `Bearer ${keyWith('banks')}`, 'content-type': 'application/json' }
  const curate = async (path, body) => (await fetch(d.url + path, { method: 'POST', headers: curator, body: JSON.stringify(body) })).json()
  await curate('/c/banks', { name: 'PERM_HELD', policy: 'terms.spam' })
  x.content = (await curate('/c/bank/PERM_HELD/signal', { pdq: 'f'.repeat(32) + '0'.repeat(32) })).id
  x.alarm = x.case // no alarm is open: the gate comes before what is not there
  return x
}

test('every route has its sample, and every sample its route', () => {
  for (const [routes, samples, file] of [[consoleRoutes, CONSOLE, 'CONSOLE'], [platformRoutes, { ...PLATFORM, ...HMA }, 'PLATFORM or HMA']]) {
    assert.deepEqual(routes.filter((r) => !r.sample).map((r) => r.name), [], `routes without a row in ${file} of tests/scenario/requests.mjs`)
    assert.deepEqual(Object.keys(samples).filter((name) => !routes.some((r) => r.name === name)), [], `rows of ${file} without a route`)
  }
  assert.deepEqual(consoleRoutes.filter((r) => !r.sample.sealed === !r.sample.open).map((r) => r.name), [], 'a row says either what is sealed or why nothing is')
  for (const r of consoleRoutes.filter((r) => r.need)) assert.ok(tables.permissions[r.need], `${r.name} needs ${r.need}`)
})

test('console: without a session, with an ended one, as somebody shut out, with an API key', async () => {
  const nobody = Object.assign(new Person(d.url), { role: 'admin' })
  const forged = Object.assign(new Person(d.url), { role: 'admin', cookie: 'A'.repeat(43), csrf: who.admin.csrf })
  for (const r of consoleRoutes.filter((r) => r.need !== null)) {
    await expect(401, r, 'without a session', nobody)
    await expect(401, r, 'with a forged session', forged)
    await expect(401, r, 'with an ended session', who.gone)
    await expect(401, r, 'shut out', who.out)
    await expect(401, r, 'with an API key', nobody, { headers: { authorization: `Bearer ${d.key}` } })
  }
})

test('console: another site, no Origin, a wrong token, no token', async () => {
  for (const r of consoleRoutes.filter(changes)) {
    await expect(403, r, 'from another site', who.admin, { headers: { origin: 'https://elsewhere.example' } })
    await expect(403, r, 'without an Origin', who.admin, { headers: { origin: '' } })
    if (r.need === null) continue
    await expect(403, r, 'with a wrong token', who.admin, { headers: { 'x-csrf-token': who.lead.csrf } })
    await expect(403, r, 'without a token', who.admin, { headers: { 'x-csrf-token': '' } })
  }
})

test('console: every role without the permission', async () => {
  for (const r of consoleRoutes.filter((r) => r.need))
    for (const role of tables.roles.filter((role) => !tables.permissions[r.need].includes(role))) {
      const { body } = await expect(403, r, `as ${role}`, who[role])
      if (body) assert.match(body.detail, new RegExp(`the role ${role} may not`), `${r.name} says what is missing`)
    }
})

test('console: sealed evidence, to every role that has the permission but not the clearance', async () => {
  for (const r of consoleRoutes.filter((r) => r.sample.sealed))
    for (const as of sealedFrom.filter((as) => tables.permissions[r.need].includes(as === 'bare' ? 'admin' : as))) {
      const { bytes } = await expect(403, r, `sealed, as ${as}`, who[as], { parts: r.sample.sealed(x) })
      assert.doesNotMatch(bytes.toString(), /csae|sealed-1|child-safety/, `${r.name} says what is hidden`)
    }
})

/** A key with these scopes; of another platform, or for tests. */
const made = new Map()
function keyWith(scopes, ...more) {
  const at = [scopes, ...more].join()
  if (!made.has(at)) made.set(at, d.tutela('key', 'add', '--scopes', scopes, '--label', 'perm', ...(more.includes('--platform') ? [] : ['--platform', 'demo']), ...more))
  return made.get(at).secret
}
async function call(route, key, headers = {}) {
  const { sample } = route
  const bytes = sample.bytes?.(x)
  const body = sample.body?.(x)
  const form = sample.form && Object.entries(sample.form(x)).reduce((f, [name, file]) => (f.append(name, new Blob([file]), 'file'), f), new FormData())
  const stop = new AbortController()
  const answer = await fetch(d.url + fill(route.path, sample.path?.(x)) + (sample.query ?? ''), {
    method: route.method,
    headers: { ...(key && { authorization: `Bearer ${key}` }), ...(bytes ? { 'content-type': 'image/png' } : body && { 'content-type': sample.type ?? 'application/json' }), ...headers },
    body: form ?? bytes ?? (body && JSON.stringify(body) + '\n'),
    signal: stop.signal,
  })
  const text = sample.stream && answer.ok ? '' : await answer.text()
  stop.abort()
  return { status: answer.status, text }
}
async function expectApi(status, route, as, key, headers) {
  const answer = await call(route, key, headers)
  refused.checks++
  assert.equal(answer.status, status, `${route.name} ${as}: ${answer.text}`)
}

test('platform: without a key, with a wrong or revoked one, with a session', async () => {
  const revoked = d.tutela('key', 'add', '--platform', 'demo', '--label', 'gone')
  d.tutela('key', 'revoke', revoked.id)
  const wrong = d.key.slice(0, -4) + (d.key.endsWith('aaaa') ? 'bbbb' : 'aaaa')
  for (const r of platformRoutes.filter((r) => r.need)) {
    await expectApi(401, r, 'without a key', null)
    await expectApi(401, r, 'with a wrong key', wrong)
    await expectApi(401, r, 'with a revoked key', revoked.secret)
    await expectApi(401, r, 'with a wrong X-API-Key', null, { 'x-api-key': wrong })
    await expectApi(401, r, 'with a session', null, { cookie: `__Host-tutela=${who.admin.cookie}` })
  }
})

test('platform: every scope but the right one', async () => {
  const others = tables.scopes.filter((s) => s !== 'admin')
  for (const r of platformRoutes.filter((r) => r.need)) {
    for (const scope of others.filter((s) => s !== r.need)) await expectApi(403, r, `with the scope ${scope}`, keyWith(scope))
    await expectApi(403, r, 'with all other scopes', keyWith(others.filter((s) => s !== r.need).join(' ')))
  }
})

test('platform: what belongs to another platform, or to the live world, is not there', async () => {
  d.tutela('platform', 'add', 'other')
  const all = tables.scopes.filter((s) => s !== 'admin').join(' ')
  const other = keyWith(all, '--platform', 'other')
  const trial = keyWith(all, '--test')
  const before = (await d.api('GET', '/v1/items/open-1')).body
  for (const r of platformRoutes.filter((r) => r.need)) {
    for (const [as, key] of [['another platform', other], ['a test key', trial]]) {
      const want = (key === trial && r.sample.trial) || r.sample.foreign
      if (typeof want === 'number') await expectApi(want, r, `as ${as}`, key)
      else assert.ok([200, 201, 202, 204, ...(r.sample.or ?? [])].includes((await call(r, key)).status), `${r.name} as ${as}: ${want}`)
    }
  }
  const after = (await d.api('GET', '/v1/items/open-1')).body
  assert.deepEqual([after.views, after.flags.length, after.text], [before.views, before.flags.length, before.text])
})

test('whoever may, is not refused: console', async () => {
  const passes = (r, person, answer) => assert.ok(answer.status < 300 || r.sample.or?.includes(answer.status), `${r.name} as ${person.role}: ${answer.status} ${answer.bytes}`)
  for (const r of consoleRoutes)
    for (const role of r.need ? tables.permissions[r.need] : ['admin']) {
      let person = who[role]
      if (r.sample.spends || r.need === null) person = Object.assign(await d.person(person.user), { role, user: person.user })
      const answer = await send(r, person)
      if (answer.status === 404 && r.path.includes('alarms/')) continue
      passes(r, person, answer)
    }
  for (const r of consoleRoutes.filter((r) => r.sample.sealed && !changes(r))) {
    const answer = await send(r, who.admin, { parts: r.sample.sealed(x) })
    assert.equal(answer.status, 200, `${r.name}, sealed, to whom is cleared: ${answer.bytes}`)
  }
})

test('whoever may, is not refused: platform', async () => {
  for (const r of platformRoutes.filter((r) => r.need))
    for (const scopes of [r.need, 'admin']) {
      const { status, text } = await call(r, keyWith(scopes))
      assert.ok(status < 300 || r.sample.or?.includes(status), `${r.name} with ${scopes}: ${status} ${text}`)
    }
})

test('how much was asked', (t) => {
  t.diagnostic(`${consoleRoutes.length} console routes, ${platformRoutes.length} platform routes, ${refused.checks} refusals`)
  assert.ok(refused.checks > 600)
})
