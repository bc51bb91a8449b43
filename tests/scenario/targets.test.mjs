// Webhook targets that attack the sender: answers without an end, floods of 1xx, drips, redirects, bombs, wrong names.
// Each is bounded in time and bytes, its reason stands in Deliveries, and the delivery to a good target goes on.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { createServer as createTls } from 'node:tls'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { start, until } from './daemon.mjs'

const dir = mkdtempSync(join(tmpdir(), 'tutela-targets-'))
const LONG = 60_000
let d, redirected = 0, tls

/** Writes `piece` for as long as the other side reads, at most `max` bytes. */
const pour = (socket, piece, max = 64 << 20) => {
  let sent = 0
  const more = () => { while (socket.writable && sent < max) { sent += piece.length; if (!socket.write(piece)) return } if (socket.writable) socket.end() }
  socket.on('drain', more)
  more()
  return () => sent
}
const every = (socket, ms, text) => { const t = setInterval(() => (socket.writable ? socket.write(text) : clearInterval(t)), ms).unref(); socket.on('close', () => clearInterval(t)) }

// name: [what it does after the request, what Deliveries says of it; null: delivered]
const attacks = {
  giant: [(s) => { s.write('HTTP/1.1 200 OK\r\nContent-Length: 60000000\r\n\r\n'); pour(s, 'x'.repeat(65536)) }, null],
  'endless body': [(s) => { s.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'); pour(s, '1000\r\n' + 'x'.repeat(4096) + '\r\n') }, null],
  'gzip bomb': [(s) => { s.write('HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 40\r\n\r\n' + '\x1f\x8b\x08\0\0\0\0\0\0\x03' + 'z'.repeat(30)); s.end() }, null],
  'endless headers': [(s) => { s.write('HTTP/1.1 200 OK\r\n'); pour(s, 'X-A: ' + 'b'.repeat(1000) + '\r\n') }, /too many headers/],
  'one endless header': [(s) => { s.write('HTTP/1.1 200 OK\r\nX-A: '); pour(s, 'b'.repeat(65536)) }, /too many headers|request failed/],
  'endless 1xx': [(s) => pour(s, 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'.repeat(50)), /too many headers/],
  'http/0.9': [(s) => { s.end('hello') }, /does not speak HTTP/],
  'dripping head': [(s) => { s.write('HTTP/1.1 '); every(s, 100, '2') }, /no answer in time|does not speak HTTP|too many headers/],
  'dripping body': [(s) => { s.write('HTTP/1.1 500 No\r\nContent-Length: 10000\r\n\r\n'); every(s, 100, 'x') }, /answered 500/],
  silent: [() => {}, /no answer in time/],
  redirect: [(s) => s.end(`HTTP/1.1 307 There\r\nLocation: http://127.0.0.1:${tls}/there\r\nContent-Length: 0\r\n\r\n`), /redirects are not followed/],
  'redirect to a file': [(s) => s.end('HTTP/1.1 302 There\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n'), /redirects are not followed/],
  'hangs up': [(s) => s.destroy(), /closed without an answer|connection broke/],
  'not at all HTTP': [(s) => s.end('\0\x01\x02SSH-2.0-OpenSSH\r\n'), /does not speak HTTP/],
  'lengths that differ': [(s) => s.end('HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 500\r\n\r\nhello'), null],
  'length below zero': [(s) => s.end('HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello'), /does not speak HTTP/],
}

const servers = []
const listen = (server) => new Promise((done) => { servers.push(server); server.on('error', () => {}).listen(0, '127.0.0.1', () => done(server.address().port)) })
/** A server that reads the request to its end, then attacks. */
const attacker = (what) => listen(createServer((socket) => {
  let seen = ''
  let struck = false
  socket.on('error', () => {}).on('data', (c) => {
    seen += c.toString('latin1')
    const head = seen.indexOf('\r\n\r\n')
    const length = Number(/content-length: (\d+)/i.exec(seen)?.[1] ?? 0)
    if (struck || head < 0 || seen.length < head + 4 + length) return
    struck = true
    what(socket)
  })
}))

const sql = (text) => execFileSync('sqlite3', ['-cmd', '.timeout 20000', join(d.data, 'store.db'), text], { encoding: 'utf8' }).trim()
const cli = (...args) => JSON.parse(execFileSync(join(process.cwd(), 'build/src/bin/tutela'), ['--data', d.data, '--json', ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }))

before(async () => {
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', join(dir, 'key'), '-out', join(dir, 'cert'),
    '-days', '2', '-subj', '/CN=elsewhere.example'], { stdio: 'ignore' })
  tls = await listen(createTls({ key: readFileSync(join(dir, 'key')), cert: readFileSync(join(dir, 'cert')) }, (s) => { redirected++; s.destroy() }))
  // A proxy named by the environment would be asked first; nothing listens there.
  process.env.http_proxy = process.env.https_proxy = process.env.ALL_PROXY = 'http://127.0.0.1:1'
  d = await start({ webhook_timeout_seconds: 2, webhook_parallel: 4 })
  for (const name of ['http_proxy', 'https_proxy', 'ALL_PROXY']) delete process.env[name]
})
after(async () => {
  await d?.stop()
  for (const s of servers) { s.close() }
  rmSync(dir, { recursive: true, force: true })
})

async function deliver(platform, url) {
  cli('platform', 'add', platform)
  const key = cli('key', 'add', '--platform', platform, '--label', 't').secret
  cli('endpoint', 'add', url, '--platform', platform, '--private')
  const answer = await fetch(d.url + '/v1/items', { method: 'POST', headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ id: 'p1', kind: 'post', author: { id: 'u' }, text: { body: 'hello DEMO-BANNED-PHRASE' }, posted_at: '2026-11-24T07:00:00Z' }) })
  assert.ok(answer.status < 300, `${answer.status}`)
}
const row = (platform) => sql(`SELECT o.state || '|' || COALESCE(o.error, '') FROM outbox o JOIN platforms p ON p.platform = o.platform WHERE p.name = '${platform}' ORDER BY o.created_at LIMIT 1`)

test('every attack is bounded and named', async () => {
  const names = Object.keys(attacks)
  for (const [i, name] of names.entries()) await deliver(`p${i}`, `http://127.0.0.1:${await attacker(attacks[name][0])}/hook`)
  await deliver('wrongname', `https://127.0.0.1:${tls}/hook`)
  const ends = {}
  await until('an end of each', () => {
    names.forEach((name, i) => { const r = row(`p${i}`); if (/^delivered|\|./.test(r) && !/waits until/.test(r)) ends[name] ??= r })
    const r = row('wrongname')
    if (/\|./.test(r)) ends.wrongname ??= r
    return Object.keys(ends).length === names.length + 1
  }, LONG).catch((e) => { throw new Error(`${e.message}: ${JSON.stringify(ends)}`) })
  for (const name of names) {
    const expected = attacks[name][1]
    if (expected) assert.match(ends[name], expected, name)
    else assert.match(ends[name], /^delivered/, name)
  }
  assert.match(ends.wrongname, /certificate cannot be trusted/)
  assert.equal(redirected, 0)
})

test('a good platform does not wait for a bad one', async () => {
  await deliver('slow', `http://127.0.0.1:${await attacker(() => {})}/hook`)
  const key = cli('key', 'add', '--platform', 'slow', '--label', 'more').secret
  const lines = Array.from({ length: 60 }, (_, i) => JSON.stringify({ id: `s${i}`, kind: 'post', author: { id: `u${i}` }, text: { body: `DEMO-BANNED-PHRASE ${i}` }, posted_at: '2026-11-24T07:00:00Z' })).join('\n')
  const answer = await fetch(d.url + '/v1/items:batch', { method: 'POST', headers: { authorization: `Bearer ${key}`, 'content-type': 'application/x-ndjson' }, body: lines })
  assert.ok(answer.status < 300)
  await until('the slow one holds its places', () => Number(sql(`SELECT COUNT(*) FROM outbox o JOIN platforms p ON p.platform = o.platform WHERE p.name = 'slow' AND o.error IS NOT NULL`)) > 3, LONG)
  const before = d.platform.heard.length
  for (let i = 0; i < 5; i++) await d.item(`good-${i}`, `DEMO-BANNED-PHRASE ${i}`)
  await until('the good ones', () => d.platform.heard.length >= before + 5, LONG)
  const left = Number(sql(`SELECT COUNT(*) FROM outbox o JOIN platforms p ON p.platform = o.platform WHERE p.name = 'slow' AND o.state IN ('waiting', 'leased')`))
  assert.ok(left > 0, 'the slow ones were not over before')
})
