// The documented way onto the internet: nginx in front. What passes it is clean, streams flow, and clients have their own
// addresses.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createServer } from 'node:net'
import { connect as http2 } from 'node:http2'
import { request } from 'node:https'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { connect as tls } from 'node:tls'
import { startDaemon } from '../contract/installation.mjs'
import { startNginx } from './nginx.mjs'
import { FOURTEEN, GOOD, MORE, SMUGGLED } from './probes.mjs'
import { exchange, figure, until } from './wire.mjs'

let d, front, recorder, mirror
const folder = mkdtempSync(join(tmpdir(), 'tutela-front-'))

/** Stands where Tutela stands, keeps every byte that nginx passes on, and answers whatever comes. */
function startRecorder() {
  const passed = []
  const open = new Set()
  const server = createServer((socket) => {
    const at = passed.push('') - 1
    open.add(socket)
    socket.setNoDelay(true)
    socket.on('error', () => {}).on('close', () => open.delete(socket))
    socket.on('data', (bytes) => {
      passed[at] += bytes.toString('latin1')
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    })
  })
  return new Promise((done) => server.listen(0, '127.0.0.1', () => done({ passed, port: server.address().port, end: () => { open.forEach((s) => s.destroy()); server.close() } })))
}

before(async () => {
  d = await startDaemon({ sets: { trusted_proxies: '127.0.0.1', anonymous_per_address: 2 } })
  front = await startNginx(d.port)
  recorder = await startRecorder()
  mirror = await startNginx(recorder.port)
})
after(async () => {
  await front?.end()
  await mirror?.end()
  recorder?.end()
  await d?.end()
  rmSync(folder, { recursive: true, force: true })
})

const ask = (path, { from = '127.0.0.40', headers = {}, method = 'GET', body } = {}) => new Promise((done, fail) => {
  const r = request({ host: '127.0.0.1', servername: 'localhost', port: front.port, path, method, localAddress: from, ca: front.ca, agent: false, headers: { host: 'localhost', ...headers } }, (answer) => {
    let text = ''
    answer.on('data', (bytes) => { text += bytes }).on('end', () => done({ status: answer.statusCode, headers: answer.headers, text })).on('error', fail)
  })
  r.on('error', fail)
  r.end(body)
})
const authorized = () => ({ authorization: `Bearer ${d.secret}` })
const curl = (...args) => execFileSync('curl', ['-sS', '--max-time', '60', '--cacert', front.caPath, '-H', `Authorization: Bearer ${d.secret}`, ...args], { encoding: 'utf8', maxBuffer: 64 << 20 })
const url = (path) => `https://localhost:${front.port}${path}`

test('HTTP/2 for uploads and batches, streamed', () => {
  writeFileSync(join(folder, 'items'), Array.from({ length: 20_000 }, (_, i) => JSON.stringify({ id: `n-${i}`, kind: 'post', author: { id: 'u' }, text: { body: 'quiet morning '.repeat(10) } })).join('\n'))
  const answer = curl('--http2', '-w', '\n%{http_version} %{http_code}', '-H', 'Content-Type: application/x-ndjson', '--data-binary', `@${join(folder, 'items')}`, url('/v1/items:batch'))
  assert.match(answer, /\n2 200$/)
  assert.ok(answer.split('\n').length >= 20_000)
})

test('an upload over the limit is refused through it', () => {
  writeFileSync(join(folder, 'large'), Buffer.alloc(25 << 20))
  const status = curl('--http2', '-o', '/dev/null', '-w', '%{http_code}', '-X', 'PUT', '-H', 'Content-Type: image/png', '--data-binary', `@${join(folder, 'large')}`, url('/v1/media'))
  assert.equal(status, '413')
})

test('events arrive at once, and a reader that leaves is noticed', async () => {
  const client = http2(`https://localhost:${front.port}`, { ca: front.ca })
  const stream = client.request({ ':path': '/v1/events?after=0', ...authorized() })
  let heard = ''
  stream.on('data', (bytes) => { heard += bytes })
  await until('the first line', () => heard.includes(': tutela'))
  assert.equal(await figure(d, /^tutela_event_readers /), 1)
  client.destroy()
  await until('its place to be free', async () => (await figure(d, /^tutela_event_readers /)) === 0, 30_000)
})

test('clients have their own addresses and their own limits, and cannot choose another', async () => {
  const statuses = (n, how) => Promise.all(Array.from({ length: n }, (_, i) => ask('/v1/openapi.yaml', typeof how === 'function' ? how(i) : how).then((a) => a.status)))
  const limited = (list) => list.filter((s) => s === 429).length
  assert.ok(limited(await statuses(50, { from: '127.0.0.41' })) >= 10)
  assert.equal((await ask('/v1/openapi.yaml', { from: '127.0.0.42' })).status, 200)
  assert.ok(limited(await statuses(50, (i) => ({ from: '127.0.0.43', headers: { 'x-forwarded-for': `203.0.113.${i}`, forwarded: `for=203.0.113.${i}`, 'x-real-ip': `203.0.113.${i}` } }))) >= 10)
  assert.equal((await ask('/v1/items/none', { from: '127.0.0.43', headers: authorized() })).status, 404)
  const key = d.key('read', '--networks', '127.0.0.44')
  assert.equal((await ask('/v1/items/none', { from: '127.0.0.44', headers: { authorization: `Bearer ${key.secret}` } })).status, 404)
  assert.equal((await ask('/v1/items/none', { from: '127.0.0.45', headers: { authorization: `Bearer ${key.secret}`, 'x-forwarded-for': '127.0.0.44' } })).status, 403)
})

test('the admin port is not reached, other names are not answered, plain HTTP leads to TLS', async () => {
  for (const path of ['/metrics', '/healthz', '/readyz', '//metrics', '/%2e%2e/metrics', '/console/../metrics']) {
    const { status, headers, text } = await ask(path, { from: '127.0.0.46', headers: authorized() })
    assert.ok([400, 401, 404].includes(status) || /^text\/html/.test(headers['content-type']), `${path}: ${status} ${JSON.stringify(headers)}`)
    assert.ok(!text.includes('tutela_'), path)
  }
  const other = await new Promise((done) => tls({ port: front.port, host: '127.0.0.1', servername: 'elsewhere.example', rejectUnauthorized: false }, () => done(null)).on('error', done))
  assert.ok(other, 'a handshake for another name ends')
  const plain = await exchange(front.plain, 'GET /console/ HTTP/1.1\r\nHost: localhost\r\n\r\n')
  assert.match(plain.heard, /^HTTP\/1\.1 308 /)
  assert.match(plain.heard, /location: https:\/\/localhost\/console\//i)
})

const through = (port, ca, bytes) => new Promise((done) => {
  let heard = '', open = true
  const socket = tls({ port, host: '127.0.0.1', servername: 'localhost', ca, ALPNProtocols: ['http/1.1'] }, () => socket.write(Buffer.from(bytes, 'latin1')))
  const end = () => { if (open) { open = false; socket.destroy(); done(heard) } }
  socket.on('data', (b) => { heard += b.toString('latin1') }).on('end', end).on('close', end).on('error', end)
  setTimeout(end, 400)
})

/** What is wrong with the framing of bytes that nginx has passed on; null when nothing is. Other control characters in a
 * value do not change it; Tutela refuses those itself. */
function unclean(bytes) {
  let rest = bytes
  let count = 0
  while (rest.length) {
    const end = rest.indexOf('\r\n\r\n')
    if (end < 0) return /^[!-~]+ [!-~]+ HTTP\/1\.1\r\n/.test(rest) ? 'a head without an end' : 'no first line'
    const [first, ...lines] = rest.slice(0, end).split('\r\n')
    if (!/^[A-Z]+ [!-~\x80-\xff]+ HTTP\/1\.1$/.test(first)) return `the first line ${first}`
    for (const line of lines) if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+:[^\r\n\0]*$/.test(line)) return `the line ${JSON.stringify(line)}`
    const values = (name) => lines.filter((l) => l.toLowerCase().startsWith(name + ':')).map((l) => l.slice(name.length + 1).trim())
    const [hosts, lengths, codings] = ['host', 'content-length', 'transfer-encoding'].map(values)
    if (hosts.length !== 1 || lengths.length + codings.length > 1) return `framing: ${JSON.stringify([hosts, lengths, codings])}`
    if (values('x-forwarded-for').join() !== '127.0.0.1') return 'X-Forwarded-For'
    rest = rest.slice(end + 4)
    if (lengths.length) rest = rest.slice(Number(lengths[0]))
    if (codings.length) {
      const last = rest.indexOf('0\r\n\r\n')
      if (codings[0] !== 'chunked') return `coding ${codings[0]}`
      rest = last < 0 ? '' : rest.slice(last + 5)
    }
    count++
  }
  return count > 2 ? `${count} requests` : null
}

test('framing probes: nginx passes nothing on that two readers could read differently', async () => {
  let refused = 0
  for (const [name, bytes, want] of [...FOURTEEN, ...MORE]) {
    const before = recorder.passed.length
    const kept = recorder.passed.map((p) => p.length)
    const sent = bytes.replaceAll('KEY', d.secret).replaceAll('Host: a', 'Host: localhost') + (want === 'bounded' ? '' : SMUGGLED.replace('smuggled', 'localhost'))
    const heard = await through(mirror.port, mirror.ca, sent)
    const passed = recorder.passed.map((p, i) => p.slice(kept[i] ?? 0)).filter((p) => p.length)
    for (const p of passed) assert.equal(unclean(p), null, `${name}: ${JSON.stringify(p.slice(0, 300))}`)
    refused += passed.length === 0
    assert.ok(recorder.passed.length - before <= 2, name)
    assert.ok(heard.length === 0 || /^(HTTP\/1\.1 |<)/.test(heard) || want !== 'refused', name)
  }
  assert.ok(refused > 40, `${refused} were stopped by nginx itself`)
})

test('framing probes: what nginx passes on, Tutela takes or answers plainly', async () => {
  const before = await figure(d, /^tutela_http_refused_total /)
  for (const [name, bytes, want] of [...FOURTEEN, ...MORE]) {
    const heard = await through(front.port, front.ca, bytes.replaceAll('KEY', d.secret).replaceAll('Host: a', 'Host: localhost') + (want === 'bounded' ? '' : SMUGGLED.replace('smuggled', 'localhost')))
    assert.ok(!/root:|HTTP\/1\.1 50[0-9] /.test(heard) || /HTTP\/1\.1 50[15] /.test(heard), `${name}: ${heard.slice(0, 200)}`)
  }
  for (const [name, bytes, want] of GOOD) {
    const heard = await through(front.port, front.ca, bytes.replaceAll('KEY', d.secret).replaceAll('Host: a', 'Host: localhost').replace('hOST:a', 'hOST:localhost'))
    assert.ok(heard.includes(`HTTP/1.1 ${want} `) || heard.includes('HTTP/1.1 429 '), `${name}: ${heard.slice(0, 200)}`)
  }
  const after = await figure(d, /^tutela_http_refused_total /)
  assert.ok(after - before <= 4, `${after - before} of what nginx passed on was refused: control characters in values, nothing else`)
})
