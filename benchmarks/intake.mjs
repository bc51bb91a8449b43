// ./bench intake: 600-byte items through HTTP, 64 connections, load generator on the same machine.
//   accepted       POST /v1/items, durable before its 202, closed loop
//   batch          POST /v1/items:batch, 500 lines a request
//   to verdict     60 s at a steady rate with a level queue: what comes in is judged
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { echoPeer, finish, judged, load, make, peer, round, show, sleep, startDaemon, until, waiting } from './lib.mjs'

const REPEATS = Number(process.env.BENCH_REPEATS ?? 3)
const SECONDS = Number(process.env.BENCH_SECONDS ?? 8)
const SUSTAIN_SECONDS = Number(process.env.BENCH_SUSTAIN_SECONDS ?? 60)

make('bench_load', 'bench_peers')
const d = await startDaemon()
const idle = () => until('an empty queue', async () => (await waiting(d)) === 0, 600_000)

async function level(rate) {
  await idle()
  await load('items', d, { seconds: 2, rate, tag: `warm-${rate}` })
  const [from, at] = [await judged(d), Date.now()]
  const running = load('items', d, { seconds: SUSTAIN_SECONDS, rate, tag: `level-${rate}` })
  const depths = []
  for (let i = 0; i < SUSTAIN_SECONDS - 1; i++) {
    await sleep(1000)
    depths.push(await waiting(d))
  }
  const done = (await judged(d)) - from
  const seconds = (Date.now() - at) / 1000
  await running
  const half = Math.floor(depths.length / 2)
  const mean = (list) => list.reduce((a, b) => a + b, 0) / list.length
  // Level: in its second half the queue is no longer than a second's worth of items above its first half.
  const isLevel = mean(depths.slice(half)) < mean(depths.slice(0, half)) + rate
  console.log(`  at ${rate}/s: judged ${Math.round(done / seconds)}/s, queue ${Math.round(mean(depths))} (most ${Math.max(...depths)})${isLevel ? '' : ', not level'}`)
  return { rate: done / seconds, isLevel, depth: mean(depths) }
}

try {
  await load('items', d, { seconds: 2, tag: 'warm' })
  const accepted = []
  const batch = []
  const echo = []
  const rows = []
  const p99 = []
  for (let i = 0; i < REPEATS; i++) {
    await idle()
    const one = await load('items', d, { seconds: SECONDS, tag: `a${i}` })
    accepted.push(one.items_per_s)
    p99.push(one.p99_ms)
    await idle()
    batch.push((await load('batch', d, { seconds: SECONDS, tag: `b${i}`, batch: 500 })).items_per_s)
    const bare = await echoPeer()
    echo.push((await load('echo', bare, { seconds: 3 })).requests_per_s)
    bare.stop()
    const folder = mkdtempSync(join(tmpdir(), 'tutela-peer-'))
    rows.push(Number(peer('sqlite', folder, 3)))
    rmSync(folder, { recursive: true })
  }
  const a = show('accepted (durable)', accepted, 'items/s')
  const p = show('  p99 of the answer', p99, 'ms')
  const b = show('accepted in batches', batch, 'items/s')
  const e = show('peer: bare libmicrohttpd echo', echo, 'requests/s')
  const s = show('peer: SQLite FULL, a row each', rows, 'rows/s')
  console.log('to verdict, level queue:')
  let best = { rate: 0, depth: 0 }
  for (const rate of [7000, 5500, 4500, 3500, 2500]) {
    const got = await level(rate)
    if (!got.isLevel) continue
    best = got
    break
  }
  finish('intake',
    { accepted_per_s: Math.round(a), accepted_p99_ms: round(p), batch_accepted_per_s: Math.round(b), sustained_to_verdict_per_s: Math.round(best.rate), sustained_queue_items: Math.round(best.depth) },
    { microhttpd_echo_per_s: Math.round(e), sqlite_full_one_row_per_s: Math.round(s), accepted_per_one_row: round(a / s) })
} finally {
  await d.end()
}
