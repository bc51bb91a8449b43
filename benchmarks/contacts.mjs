// ./bench contacts: may one account reach another, asked through HTTP with 10 million accounts and 100 million pairs in the store;
// load generator and daemon on the same machine. Every question is recorded before it is answered.
//   single     POST /v1/contacts/check, 8 connections, closed loop
//   batch      POST /v1/contacts/check:batch, 500 lines a request, 4 connections
// BENCH_ACCOUNTS and BENCH_PAIRS make it smaller; BENCH_SECONDS and BENCH_REPEATS as in the other benches.
import { execFile } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { build, finish, load, make, round, show, sleep, startDaemon } from './lib.mjs'

const ACCOUNTS = Number(process.env.BENCH_ACCOUNTS ?? 10_000_000)
const PAIRS = Number(process.env.BENCH_PAIRS ?? 100_000_000)
const REPEATS = Number(process.env.BENCH_REPEATS ?? 3)
const SECONDS = Number(process.env.BENCH_SECONDS ?? 8)
const gib = (n) => round(n / 2 ** 30)

make('bench_load', 'bench_crowd')
const d = await startDaemon()
const size = () => readdirSync(d.dir).filter((f) => f.startsWith('store.db')).reduce((sum, f) => sum + statSync(join(d.dir, f)).size, 0)

try {
  let peak = 0
  const watch = setInterval(() => (peak = Math.max(peak, size())), 500)
  const crowd = await new Promise((done, fail) => {
    execFile(join(build, 'benchmarks/bench_crowd'), [d.dir, String(ACCOUNTS), String(PAIRS)], (err, out) => (err ? fail(err) : done(JSON.parse(out))))
  })
  clearInterval(watch)
  console.log(`${crowd.accounts.toLocaleString('en')} accounts in ${crowd.accounts_s} s, ${crowd.pairs.toLocaleString('en')} pairs in ${crowd.pairs_s} s (${Math.round(crowd.pairs / crowd.pairs_s).toLocaleString('en')}/s), ${gib(size())} GiB, at most ${gib(peak)} GiB with the log`)
  const of = { accounts: ACCOUNTS, pairs: PAIRS }
  await load('contacts', d, { ...of, seconds: 4, connections: 8 })
  const single = [], p50 = [], p99 = [], batch = []
  for (let i = 0; i < REPEATS; i++) {
    await sleep(1000)
    const one = await load('contacts', d, { ...of, seconds: SECONDS, connections: Number(process.env.BENCH_CONNECTIONS ?? 8) })
    single.push(one.requests_per_s)
    p50.push(one.p50_ms)
    p99.push(one.p99_ms)
    await sleep(1000)
    batch.push((await load('contacts-batch', d, { ...of, seconds: SECONDS, connections: 4, batch: 500 })).items_per_s)
  }
  const s = show('checks, one by one', single, '/s')
  const half = show('  half within', p50, 'ms')
  const most = show('  99 % within', p99, 'ms')
  const b = show('checks, in batches of 500', batch, '/s')
  finish('contacts', { checks_per_s: Math.round(s), p50_ms: round(half), p99_ms: round(most), batch_checks_per_s: Math.round(b), accounts: ACCOUNTS, pairs: crowd.pairs, pairs_loaded_per_s: Math.round(crowd.pairs / crowd.pairs_s), disk_gib: gib(size()), disk_peak_gib: gib(peak) })
} finally {
  await d.end()
}
