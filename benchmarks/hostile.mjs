// ./bench hostile: how many good pictures a second reach their verdict, alone and while every fourth file is hostile.
//   Good: 16 clients in a closed loop, each uploads a picture of its own and asks for the verdict with ?wait.
//   Hostile: one more file for every three good ones, over all kinds of tests/data/media/hostile.tsv, never the same
//   bytes twice, uploaded, posted and asked for in the same way beside the good ones. Runs alternate.
//   Long: the same with one kind of file only, a small one that takes a decoder most of a second and is within every limit.
import { Agent, request } from 'node:http'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { deflateSync } from 'node:zlib'
import { finish, root, round, show, startDaemon, until, waiting } from './lib.mjs'
import { hostileFiles } from '../tests/hostile.mjs'

const REPEATS = Number(process.env.BENCH_REPEATS ?? 7)
const ITEMS = Number(process.env.BENCH_ITEMS ?? 900)
const CLIENTS = 16
const PICTURES = [['pdq/scene00-q95.jpg', 'image/jpeg'], ['pdq/scene00-large.jpg', 'image/jpeg'], ['pdq/scene00-grey.jpg', 'image/jpeg'],
  ['media/scene04-progressive.jpg', 'image/jpeg'], ['pdq/scene02-444.jpg', 'image/jpeg'], ['pdq/scene10.png', 'image/png'],
  ['pdq/scene02.png', 'image/png'], ['pdq/scene02.webp', 'image/webp']]

const d = await startDaemon({ sets: { wait_max_ms: 30000 } })
const agents = { good: new Agent({ keepAlive: true }), other: new Agent({ keepAlive: true }) }
let serial = 0

function call(agent, method, path, type, body) {
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
    // An idle connection may be closed at the moment at which it is used again.
    r.on('error', (error) => (r.reusedSocket && error.code === 'ECONNRESET' ? call(agent, method, path, type, body).then(done, fail) : fail(error))).end(body)
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

async function publish({ bytes, type }, agent = agents.other) {
  const media = await call(agent, 'PUT', '/v1/media', type, another(bytes))
  const item = JSON.stringify({ id: `h-${serial++}`, kind: 'image', author: { id: `u-${serial % 500}` }, media: [media.id] })
  const began = performance.now()
  const answer = await call(agent, 'POST', '/v1/items?wait=30000', 'application/json', Buffer.from(item))
  return { verdict: answer.verdict, ms: performance.now() - began }
}

const good = PICTURES.map(([name, type]) => ({ bytes: readFileSync(join(root, 'tests/data', name)), type }))
const hostile = hostileFiles().filter((f) => f.state !== 'refused').map((f) => ({ bytes: f.bytes, type: f.declared }))
const idle = () => until('an empty queue', async () => (await waiting(d)) === 0, 600_000)

const crcTable = Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1
  return n >>> 0
})
const crc = (bytes) => (bytes.reduce((c, b) => crcTable[(c ^ b) & 255] ^ (c >>> 8), -1) ^ -1) >>> 0

/** 49 million pixels of one colour, interlaced, so that all of them are unpacked before the first row is whole. */
function longPicture(side) {
  const chunk = (kind, body) => {
    const b = Buffer.alloc(12 + body.length)
    b.writeUInt32BE(body.length, 0)
    b.write(kind, 4)
    body.copy(b, 8)
    b.writeUInt32BE(crc(b.subarray(4, 8 + body.length)), 8 + body.length)
    return b
  }
  const head = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 1])
  head.writeUInt32BE(side, 0)
  head.writeUInt32BE(side, 4)
  const rows = Buffer.alloc(3 * side * side + 2 * side) // with a filter byte for each row of each of the seven passes
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', head), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))])
}

const long = [{ bytes: longPicture(7000), type: 'image/png' }]

/** One run: good items a second, until the last of them has its verdict. `others`: what comes beside them. */
async function run(others, items = ITEMS) {
  let begun = 0
  let next = Math.floor(Math.random() * 1000)
  const beside = []
  const times = []
  const verdicts = new Map()
  async function client() {
    while (begun < items) {
      const n = begun++
      if (others.length && n % 3 === 2) beside.push(publish(others[next++ % others.length]))
      const { verdict, ms } = await publish(good[n % good.length], agents.good)
      verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1)
      times.push(ms)
    }
  }
  const from = performance.now()
  await Promise.all(Array.from({ length: CLIENTS }, client))
  const seconds = (performance.now() - from) / 1000
  await Promise.all(beside)
  await idle()
  if (verdicts.get('allow') !== items) throw new Error(`good pictures were not all allowed: ${JSON.stringify([...verdicts])}`)
  times.sort((a, b) => a - b)
  return { rate: items / seconds, p99: times[Math.floor(times.length * 0.99)] }
}

try {
  await run(hostile) // warm, and every kind of file once
  const [alone, beside, ratio, longRatio, p99, p99Beside] = [[], [], [], [], [], []]
  for (let i = 0; i < REPEATS; i++) {
    // Which comes first alternates, so that a machine that slows down favours neither.
    const got = {}
    for (const kind of i % 2 ? ['hostile', 'none'] : ['none', 'hostile']) got[kind] = await run({ none: [], hostile }[kind])
    alone.push(got.none.rate)
    beside.push(got.hostile.rate)
    ratio.push(got.hostile.rate / got.none.rate)
    console.log(`  ${Math.round(got.none.rate)}/s alone, ${Math.round(got.hostile.rate)}/s beside hostile ones`)
    p99.push(got.none.p99)
    p99Beside.push(got.hostile.p99)
    if (i < 3) longRatio.push((await run(long, ITEMS / 5)).rate / got.none.rate)
  }
  const a = show('good pictures alone', alone, 'items/s')
  const b = show('good ones, a quarter hostile', beside, 'items/s')
  const r = show('ratio', ratio)
  const l = show('ratio, a quarter long', longRatio)
  const c = show('to the verdict, 99 %, alone', p99, 'ms')
  const e = show('to the verdict, 99 %, beside', p99Beside, 'ms')
  finish('hostile', { good_ratio: round(r), good_per_s: Math.round(b), good_alone_per_s: Math.round(a), p99_ms: round(e), p99_alone_ms: round(c), long_ratio: round(l), hostile_kinds: hostile.length })
} finally {
  for (const agent of Object.values(agents)) agent.destroy()
  await d.end()
}
