// ./bench hostile: how many good pictures a second reach their verdict, alone and while every fourth file is hostile.
//   Good: 16 clients in a closed loop, each uploads a picture of its own and asks for the verdict with ?wait.
//   Hostile: one more file for every three good ones, over all kinds of tests/data/media/hostile.tsv, never the same
//   bytes twice, uploaded, posted and asked for in the same way beside the good ones. Runs alternate.
import { Agent, request } from 'node:http'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { finish, root, round, show, startDaemon, until, waiting } from './lib.mjs'
import { hostileFiles } from '../tests/hostile.mjs'

const REPEATS = Number(process.env.BENCH_REPEATS ?? 5)
const ITEMS = Number(process.env.BENCH_ITEMS ?? 1500)
const CLIENTS = 16
const PICTURES = [['pdq/scene00-q95.jpg', 'image/jpeg'], ['pdq/scene00-large.jpg', 'image/jpeg'], ['pdq/scene00-grey.jpg', 'image/jpeg'],
  ['media/scene04-progressive.jpg', 'image/jpeg'], ['pdq/scene02-444.jpg', 'image/jpeg'], ['pdq/scene10.png', 'image/png'],
  ['pdq/scene02.png', 'image/png'], ['pdq/scene02.webp', 'image/webp']]

const d = await startDaemon({ sets: { wait_max_ms: 30000 } })
const agent = new Agent({ keepAlive: true, maxSockets: 64 })
let serial = 0

function call(method, path, type, body) {
  return new Promise((done, fail) => {
    const headers = { authorization: `Bearer ${d.secret}`, 'content-type': type, 'content-length': body.length }
    const r = request({ port: d.port, method, path, headers, agent }, (answer) => {
      const parts = []
      answer.on('data', (b) => parts.push(b)).on('end', () => {
        const text = Buffer.concat(parts).toString()
        if (answer.statusCode >= 300) fail(new Error(`${path}: ${answer.statusCode} ${text}`))
        else done(JSON.parse(text))
      }).on('error', fail)
    })
    r.on('error', fail).end(body)
  })
}

/** The same picture, other bytes: what comes after its end, in a box where the format wants one. */
function another(bytes) {
  const tail = Buffer.alloc(24)
  tail.writeUInt32BE(24, 0)
  tail.write('free', 4)
  tail.write(String(serial++).padStart(16, '0'), 8)
  return Buffer.concat([bytes, tail])
}

async function publish({ bytes, type }) {
  const media = await call('PUT', '/v1/media', type, another(bytes))
  const item = JSON.stringify({ id: `h-${serial++}`, kind: 'image', author: { id: `u-${serial % 500}` }, media: [media.id] })
  const began = performance.now()
  const answer = await call('POST', '/v1/items?wait=30000', 'application/json', Buffer.from(item))
  return { verdict: answer.verdict, ms: performance.now() - began }
}

const good = PICTURES.map(([name, type]) => ({ bytes: readFileSync(join(root, 'tests/data', name)), type }))
const hostile = hostileFiles().filter((f) => f.state !== 'refused').map((f) => ({ bytes: f.bytes, type: f.declared }))
const idle = () => until('an empty queue', async () => (await waiting(d)) === 0, 600_000)

/** One run: good items a second, until the last of them has its verdict. */
async function run(mixed) {
  let begun = 0
  let next = Math.floor(Math.random() * hostile.length)
  const beside = []
  const times = []
  const verdicts = new Map()
  async function client() {
    while (begun < ITEMS) {
      const n = begun++
      if (mixed && n % 3 === 2) beside.push(publish(hostile[next++ % hostile.length]))
      const { verdict, ms } = await publish(good[n % good.length])
      verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1)
      times.push(ms)
    }
  }
  const from = performance.now()
  await Promise.all(Array.from({ length: CLIENTS }, client))
  const seconds = (performance.now() - from) / 1000
  await Promise.all(beside)
  await idle()
  if (verdicts.get('allow') !== ITEMS) throw new Error(`good pictures were not all allowed: ${JSON.stringify([...verdicts])}`)
  times.sort((a, b) => a - b)
  return { rate: ITEMS / seconds, p99: times[Math.floor(times.length * 0.99)], sent: beside.length }
}

try {
  await run(true) // warm, and every kind of file once
  const [alone, beside, ratio, p99, p99Beside] = [[], [], [], [], []]
  for (let i = 0; i < REPEATS; i++) {
    // Which comes first alternates, so that a machine that slows down favours neither.
    const order = i % 2 ? [true, false] : [false, true]
    const got = {}
    for (const mixed of order) got[mixed] = await run(mixed)
    alone.push(got.false.rate)
    beside.push(got.true.rate)
    ratio.push(got.true.rate / got.false.rate)
    p99.push(got.false.p99)
    p99Beside.push(got.true.p99)
  }
  const a = show('good pictures alone', alone, 'items/s')
  const b = show('good ones, a quarter hostile', beside, 'items/s')
  const r = show('ratio', ratio)
  const c = show('to the verdict, 99 %, alone', p99, 'ms')
  const e = show('to the verdict, 99 %, beside', p99Beside, 'ms')
  finish('hostile', { good_ratio: round(r), good_per_s: Math.round(b), good_alone_per_s: Math.round(a), p99_ms: round(e), p99_alone_ms: round(c), hostile_kinds: hostile.length })
} finally {
  agent.destroy()
  await d.end()
}
