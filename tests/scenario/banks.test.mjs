// Banks as people keep them: files in every format and back, many at once, what was decided goes in and is found again, on the
// command line and against the running daemon.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { bin } from '../programs.mjs'
import { start, until } from './daemon.mjs'

let d, folder
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tutela-banks-'))
  d = await start()
})
after(async () => {
  await d?.stop()
  rmSync(folder, { recursive: true, force: true })
})

function run(args, input = '') {
  const r = spawnSync(bin('tutela'), ['--data', d.data, ...args], { input, encoding: 'utf8' })
  return { code: r.status, out: r.stdout, err: r.stderr }
}
const json = (...args) => JSON.parse(run([...args, '--json']).out)
const keep = (name, text) => { const path = join(folder, name); writeFileSync(path, text); return path }
const hash = (n) => n.toString(16).padStart(64, '7')
const entries = (text) => JSON.parse(text).entries.map(({ added_at, ...rest }) => rest).sort((a, b) => a.value.localeCompare(b.value))

test('a file of a spreadsheet goes in, with the place of what was refused', () => {
  d.tutela('bank', 'create', 'pictures', '--kind', 'pdq', '--policy', 'csae.known', '--classification', 'A1', '--direction', 'block', '--share', '0.5')
  const file = keep('list.csv', [
    'Hash;Note;Exchange;Record;Member;Tags;Expires', `${hash(1)};"said ""so""; twice";ncmec;r-1;42;"a,b";2099-01-01`, `${hash(2)};;ncmec;r-2;42;;`,
    `${hash(3)};;ncmec;r-3;43;;tomorrow`, 'abc;;;;;;', `"${hash(4)};open`, `${hash(5)};;;;;;`, `${hash(2)};;;;;;`, ''].join('\r\n'))
  const refused = join(folder, 'refused.csv')
  const r = run(['bank', 'import', 'pictures', file, '--errors', refused, '--json'])
  assert.equal(r.code, 5, 'done, and there is something to look at')
  assert.deepEqual(JSON.parse(r.out), { format: 'csv', lines: 8, added: 3, known: 1, extended: 0, expired: 0, refused: 3 })
  assert.match(r.err, /list\.csv:4: expires_at: is no date/)
  assert.deepEqual(readFileSync(refused, 'utf8').trim().split('\n').map((line) => line.split(',')[0]), ['line', '4', '5', '6'])
  assert.deepEqual(JSON.parse(run(['bank', 'import', 'pictures', file, '--json']).out).added, 0, 'again: nothing happens')
  assert.equal(run(['bank', 'import', 'pictures', keep('x.csv', 'name,note\nx,y\n')]).code, 3)
  assert.match(run(['bank', 'import', 'pictures', keep('x.png', readFileSync(new URL('../data/pdq/scene00.png', import.meta.url)))]).err, /^tutela bank import: .*x\.png: this is not a text file\n$/)
})

test('what is exported goes into another bank as the same entries', () => {
  run(['bank', 'disable', 'pictures', hash(2), '--until', '2098-05-01'])
  const all = run(['bank', 'export', 'pictures', '--format', 'json']).out
  for (const format of ['csv', 'json', 'ndjson']) {
    const name = `copy-${format}`
    d.tutela('bank', 'create', name, '--kind', 'pdq', '--policy', 'csae.known')
    const file = keep(`all.${format}`, run(['bank', 'export', 'pictures', '--format', format]).out)
    assert.equal(json('bank', 'import', name, file).added, 3)
    if (format === 'json') assert.equal(JSON.parse(run(['bank', 'import', name, '-', '--json'], JSON.stringify([hash(5)])).out).lines, 1)
    assert.deepEqual(entries(run(['bank', 'export', name, '--format', 'json']).out), entries(all))
  }
  assert.deepEqual(run(['bank', 'export', 'pictures']).out.trim().split('\n').map((line) => JSON.parse(line)), JSON.parse(all).entries, 'without a format everything is kept')
  const lines = run(['bank', 'export', 'pictures', '--format', 'lines'])
  const left = JSON.parse(all).entries.filter((e) => !e.enabled || e.expires_at || e.review_only).length
  assert.ok(left > 0 && lines.out.trim().split('\n').filter((line) => line).length === 3 - left)
  assert.match(lines.err, new RegExp(`^${left} entr(y is|ies are) left out: .*--format ndjson keeps everything\n$`))
  assert.ok(json('audit', '--limit', '200').audit.some((row) => row.verb === 'bank.export' && row.subject === 'pictures'))
})

test('lists of frames go in and come out: lines, arrays, strings, in each format', () => {
  const list = (seed, n) => Array.from({ length: n }, (_, i) => [i * 25, 100, hash(seed * 1000 + i), i.toFixed(3)])
  const lines = (frames) => frames.map((f) => f.join(',')).join('\n') + '\n'
  const strings = (frames) => frames.map(([, quality, hex, seconds]) => `${hex},${quality},${seconds}`)
  const [a, b, c] = [list(1, 4), list(2, 3), list(3, 5)]
  const wrong = lines(b).replace(hash(2001), 'nonsense'.repeat(8))
  const files = {
    'films.txt': '# three videos\n' + lines(a) + lines(b) + '\n' + lines(c), 'list.csv': lines(a) + lines(b) + lines(c),
    'one.json': JSON.stringify(strings(a)), 'films.json': JSON.stringify([strings(a), JSON.stringify(strings(b)), { value: strings(c) }]),
    'films.ndjson': [strings(a), { vpdq: strings(b) }, { value: lines(c) }].map((x) => JSON.stringify(x)).join('\n'),
    'films.csv': `value,note\n${[a, b, c].map((f) => `"${JSON.stringify(strings(f)).replaceAll('"', '""')}",x`).join('\n')}\n`,
  }
  const held = (bank) => JSON.parse(run(['bank', 'export', bank, '--format', 'json']).out).entries.map((e) => e.value).sort()
  const all = [a, b, c].map((f) => JSON.stringify(strings(f))).sort()
  for (const [name, text] of Object.entries(files)) {
    const bank = 'frames-' + name.replace('.', '-')
    d.tutela('bank', 'create', bank, '--kind', 'video', '--policy', 'csae.known')
    const r = run(['bank', 'import', bank, keep(name, text), '--json'])
    assert.deepEqual([r.code, JSON.parse(r.out).added], [0, name === 'one.json' ? 1 : 3], name + r.err)
    if (name !== 'one.json') assert.deepEqual(held(bank), all, name)
  }
  const bad = run(['bank', 'import', 'frames-one-json', keep('bad.txt', lines(c) + wrong + lines(a)), '--json'])
  assert.deepEqual(JSON.parse(bad.out), { format: 'lines', lines: 12, added: 1, known: 1, extended: 0, expired: 0, refused: 1 })
  assert.match(bad.err, /bad\.txt:7: .*no frame.*begins in line 6/)
})

test('entries are found, changed one by one and many at once', () => {
  assert.equal(json('bank', 'search', 'pictures', 'r-1').entries[0].member, '42')
  assert.equal(json('bank', 'search', 'pictures', '7777').entries.length, 3)
  assert.equal(json('bank', 'search', 'pictures', '--state', 'off').entries.length, 1)
  assert.equal(json('bank', 'enable', 'pictures', hash(2)).entries[0].state, 'live')
  assert.equal(json('bank', 'edit', 'pictures', hash(2), '--note', 'seen', '--expires', '2000-01-01').entries[0].state, 'expired')
  assert.equal(json('bank', 'edit', 'pictures', hash(2), '--expires', 'never').entries[0].state, 'live')
  assert.deepEqual(json('bank', 'remove', 'pictures', '--exchange', 'ncmec', '--member', '42'), { bank: 'pictures', entries: 2, done: 0 })
  assert.deepEqual(json('bank', 'disable', 'pictures', '--exchange', 'ncmec', '--yes'), { bank: 'pictures', entries: 2, done: 2 })
  assert.deepEqual(json('bank', 'enable', 'pictures', '--record', 'r-2', '--yes'), { bank: 'pictures', entries: 1, done: 1 })
  assert.equal(run(['bank', 'remove', 'pictures', hash(5)]).code, 0)
  assert.equal(run(['bank', 'remove', 'pictures', hash(5)]).code, 1)
  assert.deepEqual(json('bank', 'set', 'pictures', '--distance', '20', '--share', '1').share, 1)
  const trail = json('audit', '--limit', '200').audit.map((row) => row.detail ?? '')
  assert.ok(trail.includes('pictures: distance 31 -> 20; share 0.5 -> 1'))
  assert.ok(trail.includes('2 entries, exchange ncmec'))
})

test('match says bank, entry, distance and where it came from', () => {
  const near = hash(1).replace(/^77/, '74')
  run(['bank', 'enable', 'pictures', hash(1)])
  const r = run(['match', near, '--bank', 'pictures', '--json'])
  assert.equal(r.code, 0)
  const [m] = JSON.parse(r.out).matches
  assert.deepEqual([m.bank, m.distance, m.classification, m.provenance], ['pictures', 2, 'A1', { exchange: 'ncmec', record: 'r-1', member: '42', tags: ['a', 'b'] }])
  assert.equal(run(['match', near, '--bank', 'pictures', '--distance', '1']).code, 1)
  assert.equal(run(['match', 'nothing at all']).code, 2)
  assert.equal(run(['match', near, '--bank', 'none']).code, 2)
})

test('what was decided goes into a bank, with the decision, and is found again', async () => {
  const picture = readFileSync(new URL('../data/pdq/scene00.png', import.meta.url))
  const ann = await d.person('ann')
  const { body: uploaded } = await d.api('PUT', '/v1/media', picture)
  await d.item('seen-1', 'look: DEMO-HATE-PHRASE', { media: [uploaded.id] })
  const made = await until('a case', async () => (await ann.get('items/demo/seen-1')).body.cases[0])
  assert.equal((await ann.post(`cases/${made.id}/claim`)).status, 200)
  const decided = await ann.post(`cases/${made.id}/decide`, { kind: 'act', policy: 'speech.hate', ground: 'illegal', actions: [{ name: 'remove', params: null }], facts: '', note: '' })
  d.tutela('bank', 'create', 'seen', '--kind', 'pdq', '--policy', 'speech.hate')
  d.tutela('bank', 'create', 'seen-exact', '--kind', 'digest', '--policy', 'speech.hate')
  for (const bank of ['seen', 'seen-exact']) assert.equal(json('bank', 'add', bank, '--decision', decided.body.decision, '--note', 'ours').entries, 1)
  const entry = json('bank', 'show', 'seen').entries[0]
  assert.deepEqual([entry.exchange, entry.decision, entry.added_by], ['own', decided.body.decision, 'cli'])
  const file = keep('seen.png', picture)
  const found = json('match', file, '--bank', 'seen,seen-exact').matches
  assert.deepEqual(found.map((m) => [m.bank, m.distance]).sort(), [['seen', 0], ['seen-exact', null]])
  assert.match(run(['match', file, '--bank', 'seen']).out, /^asked +bank +form +distance +policy +note +provenance +entry\n.* ours +own /, 'columns that say nothing are left out')
  await until('the daemon knows it', async () => (await d.api('POST', '/v1/match', { media: [uploaded.id], banks: ['seen'] })).body.matches?.length)
})

test('a bank that a rule names keeps its name and stays', () => {
  assert.match(run(['bank', 'rename', 'demo-hate', 'other']).err, /the rule ".*" names the bank/)
  assert.equal(run(['bank', 'delete', 'demo-hate', '--confirm', 'demo-hate']).code, 1)
  assert.equal(json('bank', 'rename', 'copy-csv', 'copy').name, 'copy')
  assert.equal(run(['bank', 'delete', 'copy']).code, 2, 'its name again')
  assert.deepEqual(json('bank', 'delete', 'copy', '--confirm', 'copy'), { deleted: 'copy', entries: 3 })
  assert.equal(run(['bank', 'show', 'copy']).code, 1)
})

test('an import that is interrupted says what was added, and goes on when it is run again', async () => {
  d.tutela('bank', 'create', 'many', '--kind', 'pdq', '--policy', 'csae.known')
  const lines = Array.from({ length: 6000 }, (_, i) => i.toString(16).padStart(64, '0')).join('\n')
  const child = spawn(bin('tutela'), ['--data', d.data, 'bank', 'import', 'many', '-'])
  let err = ''
  child.stderr.on('data', (part) => { err += part })
  const ended = new Promise((done) => child.on('close', done))
  child.stdin.write(lines.slice(0, 65 * 5000))
  await until('a part is in', () => json('bank', 'list').banks.find((b) => b.name === 'many').entries > 0)
  child.kill('SIGINT')
  child.stdin.end()
  assert.equal(await ended, 4)
  const kept = json('bank', 'list').banks.find((b) => b.name === 'many').entries
  assert.match(err, new RegExp(`it was interrupted; ${kept} entries were added before`))
  assert.equal(JSON.parse(run(['bank', 'import', 'many', '-', '--json'], lines).out).added, 6000 - kept)
})

test('a bank that no rule names says so; what a bank matched is counted, and judged again when that is asked for', async () => {
  const made = run(['bank', 'create', 'idle', '--kind', 'pdq', '--policy', 'csae.known'])
  assert.match(made.out, /No rule names this bank[^]*m\.in_bank\("idle"\)/)
  assert.match(run(['bank', 'list']).out, /nothing comes: no rule in force names/)
  const counted = json('item', 'rescan', '--bank', 'idle')
  assert.deepEqual(counted, { bank: 'idle', items: 0, more: false, asked: false })
  assert.equal(json('item', 'rescan', '--bank', 'idle', '--since', '2026-01-01', '--yes').asked, true)
  assert.equal(run(['item', 'rescan']).code, 2)
  await until('the finder is through', () => !/judged again \(asked\)/.test(run(['again']).out))
})

test('the console counts what a bank matched before it asks, and says how far it is; adding again says that it lasts longer', async () => {
  const lead = await d.person('lead')
  const { body: media } = await d.api('PUT', '/v1/media', readFileSync(new URL('../data/pdq/scene00.png', import.meta.url)))
  await d.item('seen-2', 'once more', { media: [media.id] })
  const path = `banks/${(await lead.get('banks')).body.banks.find((b) => b.name === 'seen').id}`
  const rescan = (body) => lead.post(`${path}/rescan`, body)
  const asked = () => json('audit', 'list', '--verb', 'item.rescan', '--limit', '100').audit.filter((row) => row.actor !== 'cli')
  const { status, body: counted } = await rescan({ do: 'count' })
  assert.deepEqual([status, counted.items >= 1, counted.more, counted.asked, asked().length], [200, true, false, false, 0])
  assert.equal((await rescan({ do: 'count', received_from: '2099-01-01' })).body.items, 0)
  assert.equal((await rescan({ do: 'ask', received_from: 'soon' })).body.field, '/received_from')
  assert.equal((await rescan({ do: 'ask' })).body.asked, true)
  assert.match(asked()[0].detail, /^all that seen matched: \d+ items$/)
  await until('the finder is through', async () => (await lead.get(`${path}/rescan`)).body.judging.length === 0)
  const add = (expires_at) => lead.post(`${path}/entries`, { value: hash(0xdef), expires_at })
  assert.equal((await add('2098-01-01T00:00:00Z')).body.extended, false)
  const longer = await add('2099-01-01T00:00:00Z')
  assert.deepEqual([longer.status, longer.body.extended, longer.body.expires_at.slice(0, 10)], [200, true, '2099-01-01'])
})

test('what is added again lasts as long as the later of both', () => {
  const add = (...more) => run(['bank', 'add', 'idle', hash(0xabc), ...more])
  assert.equal(add('--expires', '2098-01-01').code, 0)
  assert.match(add('--expires', '2099-01-01').out, /was there already and lasts longer now/)
  assert.notEqual(add('--expires', '2097-01-01').code, 0)
  assert.match(json('bank', 'search', 'idle', hash(0xabc)).entries[0].expires_at, /^2099-01-01/)
})
