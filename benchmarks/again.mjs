// ./bench again: a hundred thousand published pictures in the running daemon: their index built from the store, how soon a
// new entry of a bank has found one of them and its case is open, and how fast many new entries are compared with all.
// BENCH_MEDIA=10000 makes it quick.
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createWriteStream, readFileSync } from 'node:fs'
import { once } from 'node:events'
import { join } from 'node:path'
import { build, finish, metric, round, show, sleep, startDaemon, until } from './lib.mjs'

const MEDIA = Number(process.env.BENCH_MEDIA ?? 100_000)
const ENTRIES = Number(process.env.BENCH_ENTRIES ?? 100_000)
const ADDS = 15

const d = await startDaemon()
const cli = (...args) => execFileSync(join(build, 'src/bin/tutela'), ['--data', d.dir, '--json', ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
const sql = (text) => execFileSync('sqlite3', ['-cmd', '.timeout 20000', join(d.dir, 'store.db')], { input: text, encoding: 'utf8', maxBuffer: 1 << 26 })
const seconds = (from) => (performance.now() - from) / 1000
const rss = () => Number(/^VmRSS:\s*(\d+)/m.exec(readFileSync(`/proc/${execFileSync('pgrep', ['-P', String(d.supervisor()), '-f', 'role finder'], { encoding: 'utf8' }).trim()}/status`, 'utf8'))[1]) / 1024

try {
  // One published item as the template of all: the same text, each with a picture of its own random hash.
  await d.call('POST', '/v1/items', { id: 'first', kind: 'post', author: { id: 'u-1' }, text: { body: 'hello' }, posted_at: '2026-11-24T07:00:00Z' })
  await until('its verdict', async () => (await d.call('GET', '/v1/items/first')).json.verdict)
  await d.stop()
  const hashes = Array.from({ length: MEDIA }, () => randomBytes(32).toString('hex'))
  const columns = sql('SELECT name FROM pragma_table_info(\'items\');').trim().split('\n')
  const as = { id: 'm.id16', ext_id: "'p-' || m.key" }
  const start = Number(sql('SELECT key FROM media_counter;'))
  for (let i = 0; i < MEDIA; i += 10_000) {
    const rows = hashes.slice(i, i + 10_000).map((h, k) => `(1,randomblob(32),1000,'image/png','decoded',64,64,randomblob(32),randomblob(16),x'${h}',90,1,${start + i + k + 1})`)
    sql(`BEGIN; INSERT INTO media(platform,id,bytes,mime,state,width,height,sha256,md5,pdq,pdq_quality,received_at,key) VALUES${rows.join(',')};
UPDATE media_counter SET key = key + ${rows.length};
INSERT INTO items(${columns}) SELECT ${columns.map((c) => as[c] ?? `i.${c}`)} FROM items i, (SELECT SUBSTR(id, 1, 16) AS id16, key FROM media WHERE key > ${start + i}) m WHERE i.ext_id = 'first';
INSERT INTO item_media(platform,item,n,media) SELECT 1, SUBSTR(id, 1, 16), 0, id FROM media WHERE key > ${start + i}; COMMIT;`)
  }
  let at = performance.now()
  await d.start()
  const near = (hex) => Buffer.from(hex, 'hex').map((b, i) => (i < 8 ? b ^ 1 : b)).toString('hex')
  const found = []
  for (let i = 0; i < ADDS; i++) {
    const n = Math.floor(Math.random() * MEDIA)
    at = performance.now()
    cli('bank', 'add', 'demo-known', near(hashes[n]))
    await until('its case', async () => (await d.call('GET', `/v1/items/p-${start + n + 1}`)).json.cases?.length, 60_000)
    found.push(seconds(at))
    if (i === 0) found.length = 0 // the first waits for the index
  }
  const toCase = show('an entry added to its case open', found, 's')
  const entries = join(d.dir, 'entries.txt')
  const many = createWriteStream(entries)
  for (let i = 0; i < ENTRIES; i++) if (!many.write(randomBytes(32).toString('hex') + '\n')) await once(many, 'drain')
  many.end()
  await once(many, 'close')
  at = performance.now()
  cli('bank', 'import', 'demo-known', entries)
  const imported = seconds(at)
  await until('all to be compared', () => JSON.parse(cli('again')).banks.every((b) => b.percent === 100), 600_000)
  const compared = show('many entries imported and compared', [seconds(at)], 's')
  await sleep(500)
  const memory = show('the finder', [rss()], 'MB')
  finish('again', { media: MEDIA, entry_to_case_s: round(toCase), entry_to_case_max_s: round(Math.max(...found)), entries: ENTRIES, import_s: round(imported),
    import_and_compare_s: round(compared), finder_mb: round(memory), counted: await metric(d, /^tutela_time_to_match_seconds_count/) })
} finally {
  await d.end()
}
