// Signing in on a real daemon, by its API: codes, passkeys, recovery codes, what must be had, proofs, sessions, waiting.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Passkey } from '../passkey.mjs'
import { earlierTotp, totp } from '../totp.mjs'
import { Person, password, start } from './daemon.mjs'
import { misfits } from './shape.mjs'

const shapes = [
  [/^(GET|POST) session(\/second)?$/, 'Session'], [/^GET session\/security$|^POST session\/.*(remove|end-others)$|^DELETE session\/sessions/, 'Security'],
  [/^POST session\/passkey$/, 'PasskeyAsk'], [/^POST session\/prove\/ask$/, 'SecondStep'], [/^POST session\/totp$/, 'NewTotp'],
  [/^PUT session\/totp$|^POST session\/recovery$/, 'NewCodes'], [/^POST session\/passkeys\/begin$/, 'NewPasskeyAsk'], [/^POST session\/passkeys$/, 'NewPasskey'],
]
const wrong = new Set(), seen = new Set()
Person.heard = (method, path, { status, body }) => {
  const call = `${method} ${path.replace('/console/api/', '')}`
  const type = status >= 400 ? null : status === 202 ? 'SecondStep' : shapes.find(([pattern]) => pattern.test(call))?.[1]
  if (!body || !type) return
  seen.add(type)
  for (const misfit of misfits(type, body)) wrong.add(misfit)
}

/** A browser: keeps all cookies. */
class Browser extends Person {
  jar = new Map()
  origin = 'http://localhost:8080' // public_url: what passkeys are bound to

  async call(method, path, body, headers = {}) {
    const answer = await super.call(method, path, body, { cookie: [...this.jar].map((c) => c.join('=')).join('; '), 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0', ...headers })
    for (const line of answer.headers.getSetCookie?.() ?? []) {
      const [, name, value] = /^([^=]*)=([^;]*)/.exec(line)
      if (value) this.jar.set(name, value)
      else this.jar.delete(name)
    }
    if (answer.body?.csrf) this.csrf = answer.body.csrf
    return answer
  }

  put(path, body) { return this.call('PUT', '/console/api/' + path, body) }
  del(path) { return this.call('DELETE', '/console/api/' + path) }
  async enrolApp() {
    const { body } = await this.post('session/totp')
    this.secret = body.secret
    const done = await this.put('session/totp', { code: await earlierTotp(body.secret) })
    assert.equal(done.status, 200, JSON.stringify(done.body))
    return done.body.recovery_codes
  }
  async enrolPasskey(name = 'key') {
    const ask = await this.post('session/passkeys/begin')
    assert.equal(ask.status, 200, JSON.stringify(ask.body))
    const key = new Passkey('http://localhost:8080')
    const { status, body } = await this.post('session/passkeys', { name, ...key.make(ask.body) })
    assert.equal(status, 200, JSON.stringify(body))
    key.uuid = body.passkey.id
    return key
  }
}

let d
before(async () => { d = await start({ public_url: 'http://localhost:8080', second_factor_roles: 'lead', step_up_minutes: 10, signin_per_address: 0 }) })
after(() => d?.stop())
const someone = async (name) => {
  const who = new Browser(d.url)
  who.answer = await who.post('session', { name, password })
  return who
}

/** Moves the installation's clock so many minutes from real time. */
function later(minutes) {
  try {
    d.tutela('doctor', '--clock', String(minutes * 60))
  } catch (error) {
    if (!/"check": *"clock"/.test(error.stdout) && minutes) throw error // it says that the clock is moved, and that is a warning
  }
}

test('an app is set up with a code, asked for at sign-in, and every code counts once', async () => {
  const who = await someone('moderator')
  assert.equal(who.answer.status, 200)
  const begun = await who.post('session/totp')
  assert.match(begun.body.uri, new RegExp(`^otpauth://totp/Demo:moderator\\?secret=${begun.body.secret}&issuer=Demo$`))
  assert.equal((await who.put('session/totp', { code: '000000' })).status, 422)
  const codes = await who.enrolApp()
  assert.equal(codes.length, 10)
  assert.equal((await who.post('session/totp')).status, 409)

  const again = await someone('moderator')
  assert.equal(again.answer.status, 202)
  assert.deepEqual(again.answer.body, { totp: true, recovery_left: 10, passkey: null })
  assert.equal(again.jar.has('__Host-tutela'), false)
  assert.equal((await again.get('queues')).status, 401, 'half a sign-in opens nothing')
  assert.equal((await again.post('session/second', { code: '123456' })).status, 401)
  const late = await again.post('session/second', { code: totp(who.secret, Date.now() - 300_000) })
  assert.match(late.body.detail, /clock of your device is slow/)
  const code = totp(who.secret)
  const ok = await again.post('session/second', { code })
  assert.equal(ok.status, 200)
  assert.equal((await again.get('queues')).status, 200)
  const third = await someone('moderator')
  const replay = await third.post('session/second', { code })
  assert.match(`${replay.status} ${replay.body.detail}`, /^401 .*used already/)
  assert.equal((await third.post('session/second', { recovery: codes[0].toLowerCase() })).status, 200)
  const fourth = await someone('moderator')
  assert.equal((await fourth.post('session/second', { recovery: codes[0] })).status, 401)
  assert.equal(fourth.answer.body.recovery_left, 9)

  assert.equal((await again.post('session/totp/remove', { password: 'wrong' })).status, 422)
  const fresh = await again.post('session/recovery', { password })
  assert.equal(fresh.body.recovery_codes.length, 10)
  assert.equal((await fourth.post('session/second', { recovery: codes[1] })).status, 401, 'older codes are gone')
  assert.deepEqual((await again.post('session/totp/remove', { password })).body.totp, false)
  assert.equal((await someone('moderator')).answer.status, 200)
})

test('passkeys: registered, used after the password and alone; each tampered answer is refused', async () => {
  const who = await someone('specialist')
  const key = await who.enrolPasskey('blue key')
  await who.enrolPasskey('spare')
  assert.deepEqual((await who.get('session/security')).body.passkeys.map((p) => p.name), ['blue key', 'spare'])

  const again = await someone('specialist')
  const { passkey: ask } = again.answer.body
  assert.equal(again.answer.status, 202)
  assert.equal(ask.allow.length, 2)
  const refused = async (change, options) => {
    const proof = { ...key.sign(ask, options), ...change }
    const { status, body } = await again.post('session/second', { passkey: proof })
    assert.equal(status, 401, JSON.stringify({ change, options, body }))
    d.tutela('user', 'unlock', 'specialist')
  }
  const b64 = (value) => Buffer.from(value).toString('base64url')
  await refused({ signature: b64('rubbish') })
  await refused({}, { rpId: 'evil.example' })
  await refused({}, { flags: 0 })
  await refused({}, { challenge: b64(Buffer.alloc(32)) })
  await refused({ client_data: b64(JSON.stringify({ type: 'webauthn.get', challenge: ask.challenge, origin: 'http://evil.example' })) })
  await refused({ credential: b64('unknown') })
  await refused({ user_handle: b64('somebody else') })
  const good = { passkey: key.sign(ask) }
  assert.equal((await again.post('session/second', good)).status, 200)

  const replay = await someone('specialist')
  assert.equal((await replay.post('session/second', good)).status, 401, 'it answers another question')
  const jar = new Map(again.jar)
  again.jar = new Map([...replay.jar])
  const ask2 = replay.answer.body.passkey
  const once = { passkey: key.sign(ask2) }
  assert.equal((await replay.post('session/second', once)).status, 200)
  assert.equal((await again.post('session/second', once)).status, 401, 'the same answer with the same cookie counts once')
  again.jar = jar

  const alone = new Browser(d.url)
  const asked = await alone.post('session/passkey')
  assert.deepEqual([asked.body.allow, asked.body.verification], [[], 'required'])
  assert.equal((await alone.post('session/second', { alone: true, passkey: key.sign(asked.body, { flags: 1 }) })).status, 401, 'a person must be recognised')
  const in_ = await alone.post('session/second', { alone: true, passkey: key.sign(asked.body, { flags: 5 }) })
  assert.equal(in_.body.user?.name, 'specialist')
  const mixed = await someone('specialist')
  assert.equal((await mixed.post('session/second', { alone: true, passkey: key.sign(mixed.answer.body.passkey) })).status, 410, 'a step is good for its own purpose')
})

test('a passkey whose counter goes back is refused and opens an alarm', async () => {
  const mia = await someone('moderator')
  const key = await mia.enrolPasskey('copied')
  const again = await someone('moderator')
  key.counter = 40
  assert.equal((await again.post('session/second', { passkey: key.sign(again.answer.body.passkey) })).status, 200)
  const copy = await someone('moderator')
  key.counter = 7
  const { status, body } = await copy.post('session/second', { passkey: key.sign(copy.answer.body.passkey) })
  assert.equal(`${status} ${body.detail}`, '401 the passkey was not accepted')
  assert.ok(d.tutela('alarm', 'list').alarms.some((alarm) => alarm.kind === 'passkey_counter'))
  assert.equal((await again.post(`session/passkeys/${key.uuid}/remove`, { password })).body.passkeys.length, 0)
})

test('a role that must have one is led to it and can do nothing else', async () => {
  const lea = await someone('lead')
  assert.equal(lea.answer.status, 200)
  assert.equal(lea.answer.body.enrolling, true)
  for (const path of ['queues', 'banks', 'deliveries', 'items/search?q=x', 'live', 'people']) {
    const { status, body } = await lea.get(path)
    assert.equal(`${status} ${body?.field}`, '403 /second_factor', path)
  }
  assert.equal((await lea.post('work/next')).status, 403)
  await lea.enrolApp()
  assert.equal((await lea.get('session')).body.enrolling, false)
  assert.equal((await lea.get('queues')).status, 200)
  assert.equal((await lea.post('session/totp/remove', { password })).status, 409)
  const ann = await someone('ann')
  const { id, second_factor } = (await ann.get('people')).body.people.find((p) => p.name === 'lead')
  assert.equal(second_factor, true)
  const me = (await ann.get('people')).body.people.find((p) => p.me)
  assert.equal((await ann.del(`people/${me.id}/factors`)).status, 403)
  assert.equal((await ann.del(`people/${id}/factors`)).body.second_factor, false)
  assert.equal((await lea.get('session')).status, 401, 'a reset ends sessions')
  const again = await someone('lead')
  assert.equal(again.answer.body.enrolling, true)
  await again.enrolApp()
  d.tutela('user', 'reset-factors', 'lead')
  assert.equal((await again.get('session')).status, 401)
})

test('grave changes and new ways in ask for a fresh proof', async () => {
  const ann = await someone('ann')
  later(11)
  const change = () => ann.put('switches', { name: 'observe_only', value: 'off' })
  const { status, body } = await change()
  assert.equal(`${status} ${body.field}`, '403 /proof')
  assert.equal((await ann.get('switches')).status, 200, 'looking needs none')
  assert.equal((await ann.post('session/totp')).body.field, '/proof')
  assert.equal((await ann.post('session/prove', { password: 'wrong password' })).status, 422)
  assert.equal((await ann.post('session/prove', { password })).status, 204)
  assert.equal((await change()).status, 200)
  later(0)
  const key = await ann.enrolPasskey()
  later(22)
  assert.equal((await change()).status, 403)
  assert.equal((await ann.post('session/prove', { password })).status, 422, 'the second factor is asked for')
  const ask = (await ann.post('session/prove/ask')).body.passkey
  assert.equal((await ann.post('session/prove', { passkey: key.sign(ask) })).status, 204)
  assert.equal((await change()).status, 200)
  later(0)
})

test('sessions are listed, ended one by one, by a new password and at the machine', async () => {
  const [a, b, c] = [await someone('viewer'), await someone('viewer'), await someone('viewer')]
  const list = (await a.get('session/security')).body.sessions
  assert.equal(list.length, 3)
  assert.deepEqual(list.filter((s) => s.mine).map((s) => [s.device, s.address]), [['Firefox on Linux', '127.0.0.1']])
  const mine = (await b.get('session/security')).body.sessions.find((s) => s.mine)
  assert.equal((await a.del(`session/sessions/${mine.id}`)).body.sessions.length, 2)
  assert.equal((await b.get('session')).status, 401)
  const mod = await someone('moderator')
  const others = (await c.get('session/security')).body.sessions.find((s) => s.mine)
  assert.equal((await mod.del(`session/sessions/${others.id}`)).status, 404, 'not those of others')
  assert.equal((await a.put('session/password', { password: 'wrong', new_password: 'a fine new password' })).body.field, '/password')
  assert.equal((await a.put('session/password', { password, new_password: 'short' })).body.field, '/new_password')
  assert.equal((await a.put('session/password', { password, new_password: 'a fine new password' })).status, 204)
  assert.equal((await a.get('session')).status, 200)
  assert.equal((await c.get('session')).status, 401)
  assert.equal(d.tutela('session', 'list', 'viewer').sessions.length, 1)
  d.tutela('session', 'end', 'viewer')
  assert.equal((await a.get('session')).status, 401)
  const bs = new Browser(d.url)
  await bs.post('session', { name: 'viewer', password: 'a fine new password' })
  const [one] = d.tutela('session', 'list', 'viewer').sessions
  d.tutela('session', 'end', 'viewer', one.id)
  assert.equal((await bs.get('session')).status, 401)
})

test('what was done stands in the audit trail', () => {
  const { lines } = { lines: JSON.stringify(d.tutela('audit', '--limit', '500')) }
  for (const verb of ['signin', 'signin.password', 'signin.refused', 'signin.again', 'factor.add', 'factor.remove', 'factor.reset', 'recovery.make', 'session.end', 'user.password', 'user.unlock', 'passkey.counter'])
    assert.ok(lines.includes(`"${verb}"`), verb)
})

test('every answer had the shape that the console expects', () => {
  assert.deepEqual([...wrong], [])
  assert.deepEqual([...new Set(shapes.map(([, type]) => type))].filter((type) => !seen.has(type)), [])
})
