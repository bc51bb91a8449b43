// What the benchmarks of the running daemon share: programs of the release build, medians with spread, one last line.
import { execFileSync, spawn } from 'node:child_process'
import { join } from 'node:path'

process.env.TUTELA_BUILD ??= join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '../build-bench')
export const { startDaemon, sleep, until, root } = await import('../tests/contract/installation.mjs')

export const build = process.env.TUTELA_BUILD
const program = (name) => join(build, 'benchmarks', name)

export function make(...targets) {
  execFileSync('ninja', ['-C', build, ...targets.map((t) => `benchmarks/${t}`)], { stdio: ['ignore', 'ignore', 'inherit'] })
}

/** Runs the load generator; resolves with what it printed. */
export function load(mode, d, options = {}) {
  const all = { port: d.port, key: d.secret, ...options }
  const args = [mode, ...Object.entries(all).flatMap(([k, v]) => [`--${k}`, String(v)])]
  return new Promise((done, fail) => {
    const child = spawn(program('bench_load'), args, { stdio: ['ignore', 'pipe', 'inherit'] })
    let text = ''
    child.stdout.on('data', (bytes) => (text += bytes))
    child.on('exit', (code) => (code === 0 ? done(JSON.parse(text)) : fail(new Error(`load ${mode} ended with ${code}: ${text}`))))
  })
}

export const peer = (...args) => execFileSync(program('bench_peers'), args.map(String)).toString().trim()
export async function echoPeer() {
  const child = spawn(program('bench_peers'), ['echo'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const port = Number(await new Promise((done) => child.stdout.once('data', (b) => done(String(b)))))
  return { port, secret: 'none', stop: () => child.kill('SIGKILL') }
}

/** One figure of /metrics, summed over its labels. */
export async function metric(d, pattern) {
  const text = await (await fetch(d.admin + '/metrics')).text()
  return text.split('\n').filter((l) => pattern.test(l)).reduce((sum, l) => sum + Number(l.split(' ').pop()), 0)
}
export const judged = (d) => metric(d, /^tutela_events_total\{name="verdict_/)
export const waiting = (d) => metric(d, /^tutela_jobs_(waiting|leased) /)

export function median(list) {
  const sorted = [...list].sort((a, b) => a - b)
  const at = (sorted.length - 1) / 2
  return (sorted[Math.floor(at)] + sorted[Math.ceil(at)]) / 2
}

/** Prints a figure for people and gives its median. */
export function show(name, list, unit = '') {
  const m = median(list)
  const n = (x) => (x >= 100 ? Math.round(x).toLocaleString('en') : x.toFixed(2))
  console.log(`${name.padEnd(34)} ${n(m).padStart(10)} ${unit}  [${n(Math.min(...list))} .. ${n(Math.max(...list))}]`)
  return m
}

export const round = (x) => Math.round(x * 100) / 100
export const finish = (bench, figures, peers = {}) => console.log(JSON.stringify({ bench, figures, peers }))
