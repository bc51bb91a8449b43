// ./bench known: a bank of a million hashes in the running daemon: its index built from the store, start with it, how soon a
// new entry counts, what a question costs and what all roles take in memory. BENCH_ENTRIES=50000 makes it quick.
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createWriteStream, readFileSync, readdirSync, statSync } from 'node:fs'
import { once } from 'node:events'
import { join } from 'node:path'
import { build, finish, round, show, sleep, startDaemon, until } from './lib.mjs'

const ENTRIES = Number(process.env.BENCH_ENTRIES ?? 1_000_000)
const ADDS = 20

const d = await startDaemon()
const cli = (...args) => execFileSync(join(build, 'src/bin/tutela'), ['--data', d.dir, ...args], { stdio: 'ignore' })
const found = async (value) => {
  const { status, json } = await d.call('POST', '/v1/match', { hashes: [{ kind: 'pdq', value }] }).catch(() => ({}))
  return status === 200 && json.matches.length > 0
}
const seconds = (from) => (performance.now() - from) / 1000

/** Proportional memory of the supervisor and all below it, in MB. */
function pssMb(pid) {
  const parents = readdirSync('/proc').filter((n) => /^\d+$/.test(n)).flatMap((n) => {
    try {
      return [[Number(n), Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${n}/status`, 'utf8'))[1])]]
    } catch {
      return [] // gone
    }
  })
  const all = [pid]
  for (let i = 0; i < all.length; i++) all.push(...parents.filter(([, parent]) => parent === all[i]).map(([p]) => p))
  return all.reduce((sum, p) => sum + Number(/^Pss:\s*(\d+)/m.exec(readFileSync(`/proc/${p}/smaps_rollup`, 'utf8'))[1]), 0) / 1024
}

try {
  const file = join(d.dir, 'entries.txt'), out = createWriteStream(file)
  let last
  for (let i = 0; i < ENTRIES; i++) if (!out.write((last = randomBytes(32).toString('hex')) + '\n')) await once(out, 'drain')
  out.end()
  await once(out, 'close')
  await d.stop()
  let at = performance.now()
  cli('bank', 'import', 'demo-known', file)
  const imported = show('entries imported', [ENTRIES / seconds(at)], '/s')
  at = performance.now()
  await d.start()
  await until('the index', () => found(last), 600_000)
  const built = show('start to answer, index built anew', [seconds(at)], 's')
  const starts = []
  for (let i = 0; i < 3; i++) {
    await d.stop()
    at = performance.now()
    await d.start()
    await until('an answer', () => found(last), 60_000)
    starts.push(seconds(at))
  }
  const started = show('start to answer, index there', starts, 's')
  const visible = []
  for (let i = 0; i < ADDS; i++) {
    const value = randomBytes(32).toString('hex')
    cli('bank', 'add', 'demo-known', value)
    at = performance.now()
    await until('the entry', () => found(value), 10_000)
    visible.push(seconds(at) * 1000)
  }
  const force = show('an entry added to in force', visible, 'ms')
  const asked = []
  for (let i = 0; i < 2000; i++) {
    at = performance.now()
    await found(last)
    asked.push(seconds(at) * 1000)
  }
  const question = show('a question over HTTP', asked, 'ms')
  await sleep(2000)
  const memory = show('all roles together (PSS)', [pssMb(d.supervisor())], 'MB')
  finish('known', { entries: ENTRIES, imported_per_s: Math.round(imported), built_s: round(built), start_s: round(started), in_force_ms: round(force),
    in_force_max_ms: round(Math.max(...visible)), match_ms: round(question), pss_mb: round(memory), store_mb: Math.round(statSync(join(d.dir, 'store.db')).size / 1e6) })
} finally {
  await d.end()
}
