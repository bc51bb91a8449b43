// ./bench footprint: memory of all roles with two warm decoders and a store of a million items, time to readiness, size
// of the console's script. BENCH_ITEMS=50000 makes it quick.
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { finish, load, make, root, round, show, sleep, startDaemon, until, waiting } from './lib.mjs'

const ITEMS = Number(process.env.BENCH_ITEMS ?? 1_000_000)
const STARTS = 7

/** Every process below `pid`, with itself. */
function family(pid) {
  const parents = new Map()
  for (const name of readdirSync('/proc').filter((n) => /^\d+$/.test(n)))
    try {
      parents.set(Number(name), Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${name}/status`, 'utf8'))[1]))
    } catch { /* gone */ }
  const below = [pid]
  for (let i = 0; i < below.length; i++) for (const [p, parent] of parents) if (parent === below[i]) below.push(p)
  return below
}

function pssMb(pid) {
  let kb = 0
  for (const p of family(pid)) {
    const args = readFileSync(`/proc/${p}/cmdline`, 'utf8').split('\0')
    const own = Number(/^Pss:\s*(\d+)/m.exec(readFileSync(`/proc/${p}/smaps_rollup`, 'utf8'))[1])
    const role = args[args.indexOf('--role') + 1]
    console.log(`  ${(args.includes('--role') ? role : args[0].split('/').pop()).padEnd(20)} ${(own / 1024).toFixed(1).padStart(8)} MB`)
    kb += own
  }
  return kb / 1024
}

// 320x240 grey, uncompressed: any decoder takes it.
function bitmap() {
  const [w, h] = [320, 240]
  const b = Buffer.alloc(54 + w * h * 3, 0x80)
  b.fill(0, 0, 54)
  b.write('BM')
  b.writeUInt32LE(b.length, 2)
  b.writeUInt32LE(54, 10)
  b.writeUInt32LE(40, 14)
  b.writeInt32LE(w, 18)
  b.writeInt32LE(h, 22)
  b.writeUInt16LE(1, 26)
  b.writeUInt16LE(24, 28)
  for (let i = 54; i < b.length; i++) b[i] = (i * 7 + (i >> 8) * 13) & 255
  return b
}

/** Pictures side by side, so that both decoders work. */
async function warmDecoders(d) {
  await Promise.all(Array.from({ length: 16 }, async (_, i) => {
    const picture = bitmap()
    picture[60] = i
    const { json } = await d.call('PUT', '/v1/media', picture, { type: 'image/bmp' })
    await d.call('POST', '/v1/items?wait=2000', { id: `picture-${i}-${Date.now()}`, kind: 'image', author: { id: 'user-1' }, media: [json.id] })
  }))
}

make('bench_load')
const d = await startDaemon()
try {
  console.log(`filling the store with ${ITEMS.toLocaleString('en')} items`)
  for (let n = 0; n < ITEMS; n += 100_000) {
    await load('batch', d, { count: Math.min(100_000, ITEMS - n), tag: `f${n}`, batch: 500, connections: 16 })
    await until('an empty queue', async () => (await waiting(d)) === 0, 600_000)
  }
  const size = statSync(join(d.dir, 'store.db')).size
  console.log(`  ${(size / 1e6).toFixed(0)} MB of store`)
  const starts = []
  for (let i = 0; i < STARTS; i++) {
    await d.stop()
    const at = performance.now()
    await d.start()
    starts.push(performance.now() - at)
  }
  await warmDecoders(d)
  await load('items', d, { seconds: 5, rate: 500, tag: 'after' })
  await sleep(2000)
  const pss = pssMb(d.supervisor())
  const dist = join(root, 'web/console/dist') // ./bench builds it first
  const scripts = existsSync(dist) ? readdirSync(dist).filter((f) => f.endsWith('.js')) : []
  const kb = (files) => files.reduce((sum, f) => sum + gzipSync(readFileSync(join(dist, f)), { level: 9 }).length, 0) / 1024
  const first = scripts.includes('console.js') ? ['console.js'] : [] // and what it imports at once
  for (const f of first)
    for (const [, name] of readFileSync(join(dist, f), 'utf8').matchAll(/(?:from|import)\s*"\.\/([^"]+\.js)"/g)) if (!first.includes(name)) first.push(name)
  const gzip = kb(first)
  show('all roles together (PSS)', [pss], 'MB')
  const ready = show('start to readiness', starts, 'ms')
  show('console script that the first screen needs, gzip', [gzip], 'KB')
  show('with the screens that are opened seldom', [kb(scripts)], 'KB')
  finish('footprint', { pss_mb: round(pss), ready_ms: round(ready), console_gzip_kb: round(gzip), console_all_gzip_kb: round(kb(scripts)), items: ITEMS, store_mb: Math.round(size / 1e6) })
} finally {
  await d.end()
}
