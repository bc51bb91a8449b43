// ./bench verdict: how long POST /v1/items?wait takes to answer the verdict while 2,000 items a second run behind it.
import { finish, load, make, peer, round, show, sleep, startDaemon } from './lib.mjs'

const REPEATS = Number(process.env.BENCH_REPEATS ?? 5)
const SECONDS = Number(process.env.BENCH_SECONDS ?? 10)

make('bench_load', 'bench_peers')
const d = await startDaemon()
try {
  const [p50, p99, share, behind, sync50, sync99] = [[], [], [], [], [], []]
  await load('items', d, { seconds: 2, rate: 2000, tag: 'warm' })
  for (let i = 0; i < REPEATS; i++) {
    const background = load('items', d, { seconds: SECONDS + 2, rate: 2000, connections: 64, tag: `bg${i}` })
    await sleep(1000)
    const asked = await load('wait', d, { seconds: SECONDS, rate: 100, connections: 16, wait: 1000, tag: `w${i}` })
    behind.push((await background).items_per_s)
    p50.push(asked.p50_ms)
    p99.push(asked.p99_ms)
    share.push((100 * asked.items) / asked.requests)
    // What the disk alone takes: every accepted item waits for it once.
    const [half, most] = peer('sync', d.dir, 2).split(' ').map(Number)
    sync50.push(half)
    sync99.push(most)
  }
  const a = show('wait, half within', p50, 'ms')
  const b = show('wait, 99 % within', p99, 'ms')
  const c = show('answered with the verdict', share, '%')
  const e = show('items behind it', behind, 'items/s')
  const f = show('peer: one fdatasync, half within', sync50, 'ms')
  const g = show('peer: one fdatasync, 99 % within', sync99, 'ms')
  finish('verdict', { p50_ms: round(a), p99_ms: round(b), answered_percent: round(c), background_per_s: Math.round(e) }, { fdatasync_p50_ms: round(f), fdatasync_p99_ms: round(g) })
} finally {
  await d.end()
}
