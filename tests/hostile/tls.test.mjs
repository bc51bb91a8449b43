// TLS by configuration: what is spoken, what is not, renewal under open connections, files that are wrong or over.
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { connect } from 'node:tls'
import { startDaemon, until } from '../contract/installation.mjs'
import { bin } from '../programs.mjs'
import { makeCertificate } from './certificate.mjs'
import { exchange } from './wire.mjs'

const folder = mkdtempSync(join(tmpdir(), 'tutela-tls-'))
const first = makeCertificate(folder, 'first.example')
const second = makeCertificate(folder, 'second.example')
const [cert, key] = [join(folder, 'live.pem'), join(folder, 'live.key')]
const use = (pair) => { copyFileSync(pair.cert, cert); copyFileSync(pair.key, key) }
use(first)

let d
before(async () => {
  d = await startDaemon({ sets: { tls_certificate: cert, tls_key: key, public_url: 'https://localhost', connection_idle_seconds: 3 } })
})
after(async () => {
  await d?.end()
  rmSync(folder, { recursive: true, force: true })
})

const curl = (...args) => execFileSync('curl', ['-sS', '--max-time', '30', '--cacert', join(folder, 'both.pem'), ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
writeFileSync(join(folder, 'both.pem'), readFileSync(first.cert, 'utf8') + readFileSync(second.cert, 'utf8'))
const url = (path) => `https://localhost:${d.port}${path}`
const shake = (options = {}) => new Promise((done) => {
  const socket = connect({ port: d.port, host: '127.0.0.1', servername: 'localhost', rejectUnauthorized: false, ...options }, () => {
    done({ socket, name: socket.getPeerCertificate().subject.CN, protocol: socket.getProtocol(), cipher: socket.getCipher().name })
  })
  socket.on('error', (error) => done({ error }))
})

test('curl and node are served, with a header that says so for the future', async () => {
  const answer = curl('-i', '-H', `Authorization: Bearer ${d.secret}`, url('/v1/items/none'))
  assert.match(answer, /^HTTP\/1\.1 404/)
  assert.match(answer, /strict-transport-security: max-age=31536000/i)
  const status = await new Promise((done, fail) => request(url('/v1/openapi.yaml'), { ca: readFileSync(first.cert) }, (r) => { r.resume(); done(r.statusCode) }).on('error', fail).end())
  assert.equal(status, 200)
})

test('a large body goes through whole', async () => {
  writeFileSync(join(folder, 'items'), Array.from({ length: 5000 }, (_, i) => JSON.stringify({ id: `t-${i}`, kind: 'post', author: { id: 'u' }, text: { body: 'quiet morning '.repeat(20) } })).join('\n'))
  const answer = curl('-H', `Authorization: Bearer ${d.secret}`, '-H', 'Content-Type: application/x-ndjson', '--data-binary', `@${join(folder, 'items')}`, url('/v1/items:batch'))
  assert.equal(answer.trim().split('\n').length >= 5000, true)
})

test('signing in works, and its cookie is for TLS only', () => {
  const answer = curl('-i', '-X', 'POST', '-H', `Origin: https://localhost:${d.port}`, '-H', 'Content-Type: application/json', '-d', JSON.stringify({ name: 'alex', password: 'correct horse battery staple' }), url('/console/api/session'))
  assert.match(answer, /^HTTP\/1\.1 200/)
  assert.match(answer, /set-cookie: __Host-tutela=[^\r\n]*Secure; HttpOnly; SameSite=Strict/i)
})

test('TLS 1.2 and 1.3 are spoken; older ones, weak ciphers and plain HTTP are not', async () => {
  for (const version of ['TLSv1.2', 'TLSv1.3']) {
    const got = await shake({ minVersion: version, maxVersion: version })
    assert.equal(got.protocol, version, String(got.error))
    got.socket.destroy()
  }
  assert.ok((await shake({ minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' })).error)
  for (const weak of ['NULL', 'RC4', '3DES', 'EXPORT', 'aNULL']) {
    const got = await shake({ maxVersion: 'TLSv1.2', ciphers: `${weak}:@SECLEVEL=0` }).catch((error) => ({ error }))
    assert.ok(got.error, `${weak}: ${got.cipher}`)
  }
  const plain = await exchange(d.port, 'GET /v1/openapi.yaml HTTP/1.1\r\nHost: a\r\n\r\n')
  assert.deepEqual(plain.statuses().filter((s) => s < 400), [])
})

test('a handshake that is never ended is cut off', async () => {
  const peers = await Promise.all(Array.from({ length: 10 }, () => exchange(d.port, '\x16\x03\x01\x02\x00\x01\x00\x01\xfc', { ms: 30_000 })))
  for (const p of peers) assert.ok(p.ended)
})

test('changed files are taken while connections live on', async () => {
  const old = await shake()
  assert.equal(old.name, 'first.example')
  use(second)
  await until('the new certificate', async () => {
    const got = await shake()
    got.socket?.destroy()
    return got.name === 'second.example'
  })
  let heard = ''
  old.socket.on('data', (bytes) => { heard += bytes })
  old.socket.write('GET /v1/openapi.yaml HTTP/1.1\r\nHost: localhost\r\n\r\n')
  await until('the old connection to be answered', () => heard.startsWith('HTTP/1.1 200') || old.socket.destroyed)
  old.socket.destroy()
})

test('files that are wrong change nothing, and are told', async () => {
  writeFileSync(key, readFileSync(first.key)) // not the key of second.example
  await until('the refusal in the log', () => /TLS_REFUSED/i.test(d.log()))
  assert.match(d.log(), /is not the key of the certificate/)
  const got = await shake()
  assert.equal(got.name, 'second.example')
  got.socket.destroy()
  let found = []
  try { found = d.cli('doctor', '--set', `tls_certificate=${cert}`, '--set', `tls_key=${key}`, '--set', 'public_url=https://localhost').findings } catch (error) { found = JSON.parse(error.stdout).findings }
  assert.ok(found.some((f) => f.check === 'certificate' && f.level === 'problem'), JSON.stringify(found))
  use(second)
})

test('an alarm opens before the certificate ends', async () => {
  const shift = (days) => { try { d.cli('doctor', '--clock', String(days * 86400)) } catch (error) { assert.equal(error.status, 5, String(error.stderr)) } }
  const open = () => d.cli('alarm', 'list').alarms.some((a) => a.kind === 'certificate_expiry')
  assert.ok(!open())
  shift(20)
  try {
    await until('the alarm', open, 60_000)
  } finally {
    shift(0)
  }
})

test('a start with files that are wrong says which and why', async () => {
  const run = (...sets) => new Promise((done) => {
    const child = spawn(bin('tutelad'), ['--data', d.dir, '--role', 'server', ...sets.flatMap((s) => ['--set', s])], { stdio: ['ignore', 'ignore', 'pipe'] })
    let text = ''
    child.stderr.on('data', (bytes) => { text += bytes })
    const late = setTimeout(() => child.kill('SIGKILL'), 20_000)
    child.on('exit', (code) => { clearTimeout(late); done({ code, text }) })
  })
  writeFileSync(join(folder, 'junk'), 'junk')
  const base = ['public_url=https://localhost', 'listen=127.0.0.1:0', 'admin_listen=127.0.0.1:0']
  for (const [c, k, why] of [
    [join(folder, 'none'), key, /cannot read/], [cert, join(folder, 'none'), /cannot read/], [join(folder, 'junk'), key, /holds no certificate/],
    [cert, join(folder, 'junk'), /holds no key/], [cert, first.key, /is not the key/], [cert, '', /belong together/],
  ]) {
    const { code, text } = await run(...base, `tls_certificate=${c}`, `tls_key=${k}`)
    assert.notEqual(code, 0)
    assert.match(text, why)
  }
  assert.match((await run(`tls_certificate=${cert}`, `tls_key=${key}`, 'public_url=http://localhost')).text, /https:\/\//)
})
