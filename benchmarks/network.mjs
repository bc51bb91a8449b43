// ./bench network: good clients send items at a steady rate; beside them, one after the other, hostile ones do what they
// can. Calm and attack alternate, so that both see the same machine: a ratio is the median p99 under attack by the
// median p99 in the calm before and after. Attackers are held to a rate: what is measured is the server, not how much of two
// cores a generator can eat.
import { dial } from '../tests/hostile/wire.mjs'
import { finish, load, make, median, round, sleep, startDaemon } from './lib.mjs'

const ROUNDS = Number(process.env.BENCH_REPEATS ?? 5)
const SECONDS = Number(process.env.BENCH_SECONDS ?? 4)
const RATE = Number(process.env.BENCH_RATE ?? 300)

make('bench_load')
const d = await startDaemon({ sets: { backlog_max: 1000000000 } })
const host = 'Host: a\r\n'
const auth = `Authorization: Bearer ${d.secret}\r\n`
const from = (i) => `127.0.1.${1 + (i % 250)}`
/** Opened one after the other: what is measured is holding them. Opening them fast is the flood's part. */
async function many(n, head) {
  const peers = []
  for (let i = 0; i < n; i++) {
    const peer = dial(d.port, { from: from(i) })
    await peer.connected
    if (head) await peer.send(head)
    peers.push(peer)
  }
  return peers
}
/** Calls `act` that often a second until the signal. */
async function paced(perSecond, signal, act) {
  signal.begun()
  for (let n = 0, at = performance.now(); !signal.aborted; n++) {
    await act(n)
    const wait = at + (n * 1000) / perSecond - performance.now()
    if (wait > 1) await sleep(wait)
  }
}
const fire = (bytes, i) => {
  const peer = dial(d.port, { from: from(i) })
  void peer.connected.then(() => peer.send(bytes))
  setTimeout(peer.close, 200)
}
const post = (head) => `POST /v1/flags HTTP/1.1\r\n${host}${auth}Content-Type: application/json\r\n${head}\r\n`

/** Each holds on until its signal, then lets go of all it has. */
const attacks = {
  'idle connections': async (signal) => {
    const peers = await many(1500)
    await paced(2, signal, () => {})
    peers.forEach((p) => p.close())
  },
  'heads that trickle': async (signal) => {
    const peers = await many(400, `GET /v1/openapi.yaml HTTP/1.1\r\n${host}`)
    await paced(300, signal, (n) => void peers[n % peers.length].send('X: y\r\n'))
    peers.forEach((p) => p.close())
  },
  'bodies that trickle': async (signal) => {
    const peers = await many(200, post('Transfer-Encoding: chunked\r\n'))
    await paced(200, signal, (n) => void peers[n % peers.length].send('1\r\n \r\n'))
    peers.forEach((p) => p.close())
  },
  'a flood of connections': (signal) => paced(300, signal, (n) => {
    const peer = dial(d.port, { from: from(n) })
    void peer.connected.then(() => peer.socket.resetAndDestroy())
  }),
  'malformed requests': (signal) => paced(200, signal, (n) => fire(`GET /v1/openapi.yaml HTTP/1.1\r\n${host}${host}\r\n`, n)),
  'wrong keys': (signal) => paced(200, signal, (n) => fire(`GET /v1/items/x HTTP/1.1\r\n${host}Authorization: Bearer tlk_live_${'x'.repeat(43)}\r\n\r\n`, n)),
  'readers that never read': async (signal) => {
    const peers = await many(150, `GET /v1/events?after=0 HTTP/1.1\r\n${host}${auth}\r\n`)
    peers.forEach((p) => p.socket.pause())
    await paced(2, signal, () => {})
    peers.forEach((p) => p.close())
  },
  'uploads over the limit': async (signal) => {
    const block = `10000\r\n${'x'.repeat(65536)}\r\n`
    let peers = []
    await paced(200, signal, async (n) => {
      if (peers.length < 8) peers.push(...(await many(1, `PUT /v1/media HTTP/1.1\r\n${host}${auth}Content-Type: image/png\r\nTransfer-Encoding: chunked\r\n\r\n`)))
      peers = peers.filter((p) => !p.ended)
      if (peers.length) void peers[n % peers.length].send(block)
    })
    peers.forEach((p) => p.close())
  },
}

async function p99(tag, attack) {
  const stop = new AbortController()
  const begun = new Promise((done) => { stop.signal.begun = done })
  const running = attack?.(stop.signal)
  if (attack) await begun
  const got = await load('items', d, { seconds: SECONDS, rate: RATE, connections: 16, tag })
  stop.abort()
  await running
  if (attack) await sleep(300)
  return got.p99_ms
}

try {
  await p99('warm')
  const ratios = {}
  for (const [name, attack] of Object.entries(attacks)) {
    const calm = [await p99(`c-${name.length}-x`)]
    const under = []
    for (let i = 0; i < ROUNDS; i++) {
      under.push(await p99(`a-${name.length}-${i}`, attack))
      calm.push(await p99(`c-${name.length}-${i}`))
    }
    ratios[name] = median(under) / median(calm)
    console.log(`${name.padEnd(26)} p99 ${round(median(calm))} ms calm, ${round(median(under))} ms under it, ratio ${round(ratios[name])}`)
  }
  finish('network', { p99_ratio: round(Math.max(...Object.values(ratios))), p99_ratio_median: round(median(Object.values(ratios))), ...Object.fromEntries(Object.entries(ratios).map(([n, r]) => [n.replaceAll(' ', '_'), round(r)])) })
} finally {
  await d.end()
}
