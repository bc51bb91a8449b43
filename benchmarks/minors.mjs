// ./bench minors: lines of a snapshot a second through the API and from a file, accounts a second of a preview and of a
// migration. BENCH_ACCOUNTS=20000 makes it quick.
import { execFileSync, spawnSync } from 'node:child_process'
import { createReadStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build, finish, root, show, startDaemon, until } from './lib.mjs'

const ACCOUNTS = Number(process.env.BENCH_ACCOUNTS ?? 200_000)
const d = await startDaemon()
const dir = mkdtempSync(join(tmpdir(), 'bench-minors-'))
const tutela = (...args) => spawnSync(join(build, 'src/bin/tutela'), ['--data', d.dir, '--json', ...args], { encoding: 'utf8', maxBuffer: 1 << 30 })
const checked = (...args) => {
  const run = tutela(...args)
  if (run.status !== 0 && run.status !== 5) throw new Error(`${args.join(' ')}: ${run.status} ${run.stderr}`)
  return run.stdout
}
const keys = [...readFileSync(join(root, 'policy/minors.yaml'), 'utf8').matchAll(/^- key: (\w+)\n.*\n {2}values: \[(.*)\]/gm)].map((m) => [m[1], m[2].split(', ')])

/** Whole lines: every setting; one in three stands looser in two of them. */
function population(name, shift) {
  const lines = []
  for (let i = 0; i < ACCOUNTS; i++) {
    const settings = Object.fromEntries(keys.map(([key, values]) => [key, values[0]]))
    if ((i + shift) % 3 === 0) settings.account_visibility = 'public', settings.gifts = 'on'
    lines.push(JSON.stringify({ account: `account-${i}`, settings }))
  }
  writeFileSync(join(dir, name), lines.join('\n') + '\n')
  return join(dir, name)
}
const rate = (began) => ACCOUNTS / ((performance.now() - began) / 1000)
const figures = {}

try {
  const files = [0, 1, 2].map((n) => population(`s${n}.ndjson`, n))
  const first = performance.now()
  checked('minors', 'audit', files[0])
  figures.new_lines_per_s = Math.round(show('lines from a file, new accounts', [rate(first)], '/s'))
  const again = performance.now()
  checked('minors', 'audit', files[1])
  figures.lines_per_s = Math.round(show('lines from a file', [rate(again)], '/s'))
  const sent = performance.now()
  const answer = await fetch(`${d.url}/v1/minors/snapshots/api`, { method: 'PUT', duplex: 'half', headers: { authorization: `Bearer ${d.secret}`, 'content-type': 'application/x-ndjson' }, body: createReadStream(files[2]) })
  const found = await answer.json()
  figures.api_lines_per_s = Math.round(show('lines through the API', [rate(sent)], '/s'))
  if (found.accounts !== ACCOUNTS) throw new Error(JSON.stringify(found))
  const changed = join(dir, 'changed.yaml')
  writeFileSync(changed, readFileSync(join(root, 'policy/minors.yaml'), 'utf8').replace('13-15: {default: friends}', '13-15: {default: nobody}'))
  const looked = performance.now()
  checked('minors', 'preview', changed)
  figures.preview_per_s = Math.round(show('accounts of a preview', [rate(looked)], '/s'))
  const moved = performance.now()
  checked('minors', 'migrate', 'start', '--batch', '1000')
  const status = () => JSON.parse(checked('minors', 'migrate', 'status')).migrations[0]
  await until('the migration', () => status().state === 'done', 600_000)
  const { moved: n } = status()
  figures.moved_per_s = Math.round(show('accounts moved and told', [n / ((performance.now() - moved) / 1000)], '/s'))
  console.log(`store ${execFileSync('du', ['-sm', join(d.dir, 'store.db')], { encoding: 'utf8' }).split('\t')[0]} MB for ${ACCOUNTS} accounts, ${found.looser_accounts} looser`)
} finally {
  await d.end()
  rmSync(dir, { recursive: true })
}
finish('minors', figures)
