// A hostile network in front of a real server: framing probes, slowness on both sides, floods and silence. Each is refused
// or bounded, and other clients are served meanwhile. How fast they are served: ./bench network.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync, readlinkSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { startDaemon } from '../contract/installation.mjs'
import { FOURTEEN, GOOD, MORE, SMUGGLED } from './probes.mjs'
import { dial, exchange, figure, sleep, until } from './wire.mjs'

const MOST = 200 // connections_max of this server
let d
before(async () => {
  d = await startDaemon({ sets: { connections_max: MOST, connection_idle_seconds: 3, anonymous_per_address: 0 } })
})
after(() => d?.end())

const problem = 'application/problem+json'
const host = 'Host: a\r\n'
const auth = () => `Authorization: Bearer ${d.secret}\r\n`
const openConnections = () => figure(d, /^tutela_http_connections /)
const ended = (why) => figure(d, new RegExp(`^tutela_http_connections_ended_total\\{why="${why}"\\}`))
const quiet = () => until('the connections to be gone', async () => (await openConnections()) <= 1, 60_000)

/** Other clients are served: a request on a connection of its own gets its answer. */
async function served(what) {
  const peer = await exchange(d.port, `GET /v1/openapi.yaml HTTP/1.1\r\n${host}Connection: close\r\n\r\n`, { from: '127.0.0.9', ms: 30_000 })
  assert.deepEqual(peer.statuses(), [200], `another client is served while ${what}`)
}

// A sanitizer's own memory says nothing about ours.
const grew = (pid, from, most) => !/san/.test(process.env.TUTELA_BUILD ?? '') && rss(pid) - from >= most
const rss = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024
const sockets = (pid) => readdirSync(`/proc/${pid}/fd`).filter((fd) => {
  try { return readlinkSync(`/proc/${pid}/fd/${fd}`).startsWith('socket:') } catch { return false }
}).length

function judge(name, want, peer) {
  const got = peer.statuses()
  const words = `${name}: ${JSON.stringify(got)} ${peer.heard.slice(0, 120)}`
  if (typeof want === 'number') return assert.equal(got.filter((s) => s !== 100)[0], want, words)
  assert.ok(got.length <= 1, `only one answer: ${words}`)
  if (want === 'bounded') return
  if (want === 'harmless') return assert.ok([200, 400, 401, 404].includes(got[0]) && !peer.heard.includes('root:'), words)
  assert.ok(got.length === 0 || [400, 404, 405, 413, 414, 431, 501, 505].includes(got[0]), words)
}

for (const [set, rows] of [['the fourteen of the survey', FOURTEEN], ['more', MORE]])
  test(`framing probes: ${set}`, async () => {
    for (const [name, bytes, want] of rows) {
      const peer = await exchange(d.port, bytes.replaceAll('KEY', d.secret) + (want === 'bounded' ? '' : SMUGGLED), { answers: 2, ms: 250 })
      judge(name, want, peer)
    }
    await served('probes come')
  })

test('requests that are right are answered', async () => {
  for (const [name, bytes, want] of GOOD) {
    const peer = await exchange(d.port, bytes.replaceAll('KEY', d.secret))
    assert.equal(peer.statuses().filter((s) => s !== 100)[0], want, `${name}: ${peer.heard.slice(0, 200)}`)
  }
})

test('our refusals are problem documents, and end the connection', async () => {
  for (const bytes of ['GET /v1/openapi.yaml HTTP/1.1\r\n\r\n', `GET /v1/openapi.yaml HTTP/1.1\r\n${host}${host}\r\n`, `GET /v1/openapi.yaml HTTP/1.1\r\n${host}X: a\r\n b\r\n\r\n`]) {
    const peer = await exchange(d.port, bytes)
    assert.deepEqual(peer.statuses(), [400])
    assert.ok(peer.heard.includes(problem), peer.heard)
    assert.match(peer.heard, /connection: close/i)
    await until('the end', () => peer.ended)
  }
})

test('requests in one go are answered in their order', async () => {
  const one = (path) => `GET ${path} HTTP/1.1\r\n${host}\r\n`
  const peer = await exchange(d.port, one('/v1/openapi.yaml').repeat(20) + one('/v1/items/x') + one('/v1/openapi.yaml'), { answers: 21 })
  // a refusal before the body is due ends the connection: what stands behind it is not read
  assert.deepEqual(peer.statuses(), [...Array(20).fill(200), 401])
  assert.match(peer.heard.slice(peer.heard.lastIndexOf('HTTP/1.1 401')), /connection: close/i)
})

test('heads that trickle are cut off', async () => {
  const before = await ended('idle')
  const peers = Array.from({ length: 30 }, (_, i) => dial(d.port, { from: `127.0.0.${10 + i}` }))
  await Promise.all(peers.map((p) => p.connected))
  await Promise.all(peers.map((p) => p.send(`GET /v1/openapi.yaml HTTP/1.1\r\n${host}`)))
  const trickle = setInterval(() => peers.forEach((p) => void p.send('X: y\r\n')), 300)
  try {
    await served('heads trickle')
    await until('all to be cut off', () => peers.every((p) => p.ended), 60_000)
    assert.ok((await ended('idle')) >= before + 30)
    for (const p of peers) assert.deepEqual(p.statuses().filter((s) => s < 400), [])
  } finally {
    clearInterval(trickle)
    peers.forEach((p) => p.close())
  }
})

test('bodies that trickle are cut off', async () => {
  const before = await ended('slow')
  const open = (head) => `POST /v1/flags HTTP/1.1\r\n${host}${auth()}Content-Type: application/json\r\n${head}\r\n`
  const peers = Array.from({ length: 20 }, (_, i) => dial(d.port, { from: `127.0.0.${10 + i}` }))
  await Promise.all(peers.map((p) => p.connected))
  await Promise.all(peers.map((p, i) => p.send(i % 2 ? open('Content-Length: 60000\r\n') : open('Transfer-Encoding: chunked\r\n'))))
  const trickle = setInterval(() => peers.forEach((p, i) => void p.send(i % 2 ? ' ' : '1\r\n \r\n')), 300)
  try {
    await served('bodies trickle')
    await until('all to be cut off', () => peers.every((p) => p.ended), 90_000)
    assert.ok((await ended('slow')) >= before + 20)
  } finally {
    clearInterval(trickle)
    peers.forEach((p) => p.close())
  }
})

test('clients that leave at any moment leave nothing behind', async () => {
  const whole = `POST /v1/items HTTP/1.1\r\n${host}${auth()}Content-Type: application/json\r\nContent-Length: 200\r\n\r\n{"id":"early","kind":"post","author":{"id":"u"},"text":{"body":"`.padEnd(420, 'x')
  for (let at = 0; at <= whole.length; at += 7) {
    const peer = dial(d.port, { from: `127.0.0.${10 + (at % 50)}` })
    await peer.connected
    await peer.send(whole.slice(0, at))
    if (at % 2) peer.socket.resetAndDestroy()
    else peer.close()
  }
  // and while the answer is on its way
  for (let i = 0; i < 50; i++) {
    const peer = dial(d.port)
    await peer.connected
    await peer.send(`GET /v1/openapi.yaml HTTP/1.1\r\n${host}\r\n`.repeat(3))
    peer.socket.resetAndDestroy()
  }
  await quiet()
  await served('clients leave')
  assert.equal((await d.call('GET', '/v1/items/early')).status, 404, 'half an item is none')
})

test('connections that are half closed are answered or ended', async () => {
  const peer = dial(d.port, { half: true })
  await peer.connected
  await peer.send(`GET /v1/openapi.yaml HTTP/1.1\r\n${host}\r\n`)
  peer.socket.end()
  await until('the end', () => peer.ended)
  assert.ok(peer.statuses().length <= 1)
  const silent = dial(d.port, { half: true })
  await silent.connected
  silent.socket.end()
  await until('the end of a silent one', () => silent.ended, 30_000)
  await quiet()
})

test('beyond the most connections those that wait longest go, strangers first', async () => {
  await quiet()
  const friend = dial(d.port, { from: '127.0.0.8' })
  await friend.connected
  await friend.send(`GET /v1/items/none HTTP/1.1\r\n${host}${auth()}\r\n`)
  await until('the friend to be known', () => friend.statuses().length === 1)
  const peers = []
  for (let i = 0; i < 3 * MOST; i++) {
    const peer = dial(d.port, { from: `127.0.1.${1 + (i % 200)}` })
    peers.push(peer)
    await peer.connected
  }
  await until('room to be made', async () => (await openConnections()) <= MOST)
  await served('connections pile up')
  assert.ok((await ended('crowded')) > 0)
  assert.ok(!friend.ended, 'who has shown a key stays')
  await friend.send(`GET /v1/items/none HTTP/1.1\r\n${host}${auth()}\r\n`)
  await until('the friend to be answered', () => friend.statuses().length === 2)
  friend.close()
  await until('all that wait to be closed', () => peers.every((p) => p.ended), 60_000)
  peers.forEach((p) => p.close())
})

test('a flood of connections is taken or refused, and goes', async () => {
  const pid = d.pid('server')
  for (let round = 0; round < 20; round++) {
    const wave = Array.from({ length: 100 }, (_, i) => dial(d.port, { from: `127.0.2.${1 + (i % 50)}` }))
    await Promise.all(wave.map((p) => p.connected))
    if (round % 5 === 0) await served('connections flood in')
    wave.forEach((p) => p.socket.resetAndDestroy())
  }
  await quiet()
  await until('the sockets to be closed', () => sockets(pid) < 60, 30_000)
})

test('uploads over the limit are refused early, with and without a length', async () => {
  const before = rss(d.pid('server'))
  const put = (head) => `PUT /v1/media HTTP/1.1\r\n${host}${auth()}Content-Type: image/png\r\n${head}\r\n`
  const block = 'x'.repeat(65536)
  const flood = async (i) => {
    const chunked = i % 2 === 1
    const peer = dial(d.port, { from: `127.0.0.${10 + i}` })
    await peer.connected
    await peer.send(put(chunked ? 'Transfer-Encoding: chunked\r\n' : `Content-Length: ${1 << 30}\r\n`))
    for (let sent = 0; sent < 60 << 20 && !peer.ended && !peer.statuses().length; sent += block.length)
      await Promise.race([peer.send(chunked ? `10000\r\n${block}\r\n` : block), until('room', () => peer.ended || peer.statuses().length, 30_000)])
    await until('the refusal', () => peer.ended || peer.statuses().length, 60_000)
    peer.close()
    return peer.statuses()[0] ?? 0
  }
  const floods = Promise.all(Array.from({ length: 16 }, (_, i) => flood(i)))
  await served('uploads flood in')
  for (const status of await floods) assert.ok([0, 413, 429, 503].includes(status), String(status))
  await quiet()
  assert.ok(!grew(d.pid('server'), before, 100 << 20), 'the server grew')
})

test('requests without an end are bounded', async () => {
  const batch = `POST /v1/items:batch HTTP/1.1\r\n${host}${auth()}Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n`
  const peers = Array.from({ length: 6 }, () => dial(d.port))
  await Promise.all(peers.map((p) => p.connected))
  await Promise.all(peers.map((p) => p.send(batch)))
  const junk = `4000\r\n${('{"broken":' + '['.repeat(100) + '\n').padEnd(0x4000, ' ')}\r\n`
  for (let i = 0; i < 50; i++) await Promise.all(peers.map((p) => p.ended ? null : Promise.race([p.send(junk), sleep(200)])))
  await served('requests go on and on')
  peers.forEach((p) => p.close())
  await quiet()
})

test('event readers that close are noticed, also when they have not read', async () => {
  const readers = () => figure(d, /^tutela_event_readers /)
  const ask = `GET /v1/events?after=0 HTTP/1.1\r\n${host}${auth()}\r\n`
  const peers = Array.from({ length: 20 }, () => dial(d.port))
  await Promise.all(peers.map((p) => p.connected))
  peers.forEach((p, i) => { if (i % 2) p.socket.pause() })
  await Promise.all(peers.map((p) => p.send(ask)))
  await until('all to read', async () => (await readers()) === 20)
  await served('nobody reads events')
  peers.forEach((p) => p.close())
  await until('their places to be free', async () => (await readers()) === 0, 8_000)
  await quiet()
})

test('an event reader that never reads holds a bounded backlog and is cut off; another one gets everything', async () => {
  const readers = () => figure(d, /^tutela_event_readers /)
  const count = 200, first = 1_000_000
  // 24 MB of events that are there already: more than the sockets of both sides can hold.
  execFileSync('sqlite3', ['-cmd', '.timeout 20000', join(d.dir, 'store.db'), `WITH RECURSIVE n(i) AS (SELECT ${first} UNION ALL SELECT i + 1 FROM n WHERE i < ${first + count - 1})
    INSERT INTO outbox(id, platform, live, kind, subject_key, event_seq, body, created_at, not_before, state, next_at)
    SELECT randomblob(16), p.platform, 1, 'item.verdict', 'item:' || i, i, '{"type":"item.verdict","data":"' || hex(zeroblob(60000)) || '"}', 0, 0, 'delivered', 0 FROM n, platforms p WHERE p.name = 'demo'`])
  const before = rss(d.pid('server'))
  const ask = `GET /v1/events?after=${first - 1} HTTP/1.1\r\n${host}${auth()}\r\n`
  const [stuck, good] = [dial(d.port), dial(d.port)]
  await Promise.all([stuck.connected, good.connected])
  stuck.socket.pause()
  await Promise.all([stuck.send(ask), good.send(ask)])
  await until('all events to arrive', () => good.heard.includes(`id: ${first + count - 1}\n`), 60_000)
  await until('the one that never reads to be cut off', async () => (await readers()) === 1, 90_000)
  assert.ok(!good.ended, 'the other one goes on')
  assert.ok(!grew(d.pid('server'), before, 40 << 20), 'the server grew')
  stuck.close()
  good.close()
  await quiet()
})

test('ten thousand idle connections, with room for them and without', async () => {
  const many = await startDaemon({ sets: { connections_max: 11_000, connection_idle_seconds: 600 } })
  try {
    const empty = rss(many.pid('server'))
    for (const [server, most] of [[many, 11_000], [d, MOST]]) {
      const peers = []
      for (let wave = 0; wave < 100; wave++) {
        const some = Array.from({ length: 100 }, (_, i) => dial(server.port, { from: `127.0.3.${1 + ((wave * 100 + i) % 250)}` }))
        peers.push(...some)
        await Promise.all(some.map((p) => p.connected))
      }
      const held = await until(`no more than ${most} to be held`, async () => {
        const n = await figure(server, /^tutela_http_connections /)
        return n <= most && n
      })
      if (server === many) {
        assert.ok(held > 9_500, `only ${held} are held`)
        assert.ok(!grew(many.pid('server'), empty, 600 << 20), 'the server grew')
      }
      const peer = await exchange(server.port, `GET /v1/openapi.yaml HTTP/1.1\r\n${host}\r\n`, { ms: 30_000 })
      assert.deepEqual(peer.statuses(), [200], 'another client is served')
      peers.forEach((p) => p.close())
      await until('all to be gone', async () => (await figure(server, /^tutela_http_connections /)) < 5, 60_000)
    }
  } finally {
    await many.end()
  }
})
