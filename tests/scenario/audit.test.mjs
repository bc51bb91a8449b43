// The audit trail: what every route and command leaves in it (walked from their tables), that what cannot be recorded is not
// shown, and its proof: verification on a running store and on a copy, exports, the independent verifier.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { after, before, test } from 'node:test'
import { bin } from '../programs.mjs'
import { start, until } from './daemon.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const source = (name) => readFileSync(join(root, name), 'utf8')
const rows = (name) => [...source(name).matchAll(/^(READ|DOES|OWN|NONE)\((\w+), "([^"]*)"/gm)].map(([, how, what, verb]) => ({ how, what, verb }))
const routes = [...source('src/api/routes_console.tbl.h').matchAll(/^R\("(\w+)", (API )?"([^"]*)", (\w+), (NULL|"(\w*)")/gm)]
  .map(([, method, api, path, name]) => ({ method, path: (api ? '/console/api/' : '') + path, name }))
const id = '0197f3c2-1111-7222-8333-944455556666'

let d, ann, folder
const trail = (...filter) => d.tutela('audit', 'list', '--limit', '1000', ...filter).audit
const raw = (...args) => spawnSync(bin('tutela'), ['--data', d.data, ...args], { encoding: 'utf8' })
const sql = (file, ...statements) => execFileSync('python3', ['-c', `import sqlite3,sys
d=sqlite3.connect(sys.argv[1], timeout=30)
for s in sys.argv[2:]: print(d.execute(s).fetchall())
d.commit()`, file, ...statements], { encoding: 'utf8' })

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tutela-audit-'))
  d = await start()
  ann = await d.person('ann')
  await d.item('post-1', 'look: DEMO-HATE-PHRASE')
})
after(async () => {
  await d?.stop()
  rmSync(folder, { recursive: true, force: true })
})

test('every verb of the sources and of the tables is in the table of verbs', () => {
  const known = new Set([...source('src/core/audit.tbl.h').matchAll(/^A\("([^"]+)"/gm)].map(([, v]) => v))
  const code = ['api', 'bin', 'people', 'role', 'store'].flatMap((f) => readdirSync(join(root, 'src', f)).filter((n) => n.endsWith('.c')).map((n) => source(`src/${f}/${n}`))).join('\n')
  for (const name of ['src/api/audit.tbl.h', 'src/bin/audit.tbl.h'])
    for (const { how, what, verb } of rows(name)) {
      if (how === 'NONE') {
        assert.ok(verb.length > 3, `${what} needs a reason`)
        continue
      }
      assert.ok(known.has(verb), `${verb} of ${what}`)
      if (how === 'OWN') assert.ok(code.includes(`"${verb}"`), `${what} says that it records ${verb}, and nothing does`)
    }
  for (const [, verb] of code.matchAll(/\b(?:tl_audit_add|tl_call_audit|tl_api_audit)\(\s*\w[\w>.-]*, (?:[^,"]+, |"(?:cli|system)", )?"([^"]+)"/g))
    if (verb !== 'cli' && verb !== 'system') assert.ok(known.has(verb), `${verb} is recorded and not in src/core/audit.tbl.h`)
})

/** Ask with a body, which no URL would hold; again.test.mjs looks for their row. */
const inBody = new Set(['crisis_try'])

test('every route that changes something is recorded or says why not', () => {
  const by = new Map(rows('src/api/audit.tbl.h').map((r) => [r.what, r]))
  for (const r of routes) {
    const row = by.get(r.name)
    assert.ok(row, r.name)
    if (row.how === 'READ' && !inBody.has(r.name)) assert.equal(r.method, 'GET', r.name)
    if (row.how === 'DOES') assert.notEqual(r.method, 'GET', r.name)
  }
  assert.ok(routes.length >= 60)
})

test('every route that reads leaves its row before it answers', async () => {
  const reads = new Map(rows('src/api/audit.tbl.h').filter((r) => r.how === 'READ').map((r) => [r.what, r.verb]))
  let n = 0
  for (const route of routes.filter((r) => reads.has(r.name) && !inBody.has(r.name))) {
    const verb = reads.get(route.name)
    const hers = () => trail('--verb', verb, '--actor', 'ann').length
    const was = hers()
    await ann.call('GET', route.path.replace(/\{(hex|\w*id|platform|name)\}/g, id))
    assert.equal(hers(), was + 1, `${route.path} leaves ${verb}`)
    n++
  }
  assert.ok(n >= 10)
})

test('every command that reads leaves its row', () => {
  let n = 0
  for (const { what, verb } of rows('src/bin/audit.tbl.h').filter((r) => r.how === 'READ')) {
    const command = new RegExp(`^C\\(${what}, "([^"]+)", "[^"]*", (\\d)`, 'm').exec(source('src/bin/commands.tbl.h'))
    const was = trail('--verb', verb).length
    raw(...command[1].split(' '), ...Array(Number(command[2])).fill(id))
    assert.ok(trail('--verb', verb).length > was, `${command[1]} leaves ${verb}`)
    n++
  }
  assert.ok(n >= 10)
})

test('work on a case leaves a row for each step, with the person and the case', async () => {
  const got = (await ann.post('work/next')).body.case
  const of = (verb) => trail('--verb', verb, '--subject', got.id, '--actor', 'ann')
  assert.equal((await ann.post(`cases/${got.id}/note`, { body: 'a word' })).status < 300, true)
  assert.equal((await ann.post(`cases/${got.id}/release`)).status < 300, true)
  for (const verb of ['case.claim', 'case.view', 'case.note', 'case.release']) assert.equal(of(verb).length, 1, verb)
  assert.equal(trail('--verb', 'case.', '--subject', got.id).length, 4)
  assert.equal(trail('--verb', 'case.note', '--subject', got.id)[0].detail, null, 'not what the note says')
  assert.equal((await ann.post(`cases/${got.id}/claim`)).status, 200)
  assert.deepEqual(trail('--verb', 'case.', '--subject', got.id).slice(0, 2).map((l) => [l.verb, l.detail]).sort(), [['case.claim', null], ['case.view', 'claim']], 'the answer shows it')
})

test('what is refused leaves no row of a change, and what cannot be recorded is not shown', async () => {
  const was = trail('--verb', 'case.note').length
  assert.equal((await ann.post(`cases/${id}/note`, { body: 'x' })).status, 404)
  assert.equal(trail('--verb', 'case.note').length, was)
  sql(join(d.data, 'store.db'), "CREATE TRIGGER no_audit BEFORE INSERT ON audit WHEN NEW.verb = 'search' BEGIN SELECT RAISE(ABORT, 'test'); END")
  try {
    const answer = await ann.get('items/search?q=post-1')
    assert.ok(answer.status >= 400, `${answer.status}`)
    assert.ok(!answer.bytes.toString().includes('u-1'))
  } finally {
    sql(join(d.data, 'store.db'), 'DROP TRIGGER no_audit')
  }
  assert.equal((await ann.get('items/search?q=post-1')).status, 200)
})

test('the console shows the trail to leads, narrows it, and gives rows with their proof', async () => {
  const mod = await d.person('moderator')
  assert.equal((await mod.get('audit')).status, 403)
  assert.equal((await mod.post('audit/export')).status, 403)
  const page = (await ann.get('audit?actor=ann&verb=case.')).body
  assert.ok(page.rows.length && page.rows.every((r) => r.who === 'ann' && r.verb.startsWith('case.')))
  assert.equal(page.proof.broken, false)
  assert.equal((await ann.get('audit?from=yesterday')).status, 422)
  const answer = await ann.post('audit/export', {})
  assert.equal(answer.status, 200, answer.bytes.toString())
  assert.match(answer.headers.get('content-disposition'), /attachment/)
  writeFileSync(join(folder, 'console.jsonl'), answer.bytes)
  assert.equal(raw('audit', 'verify', '--export', join(folder, 'console.jsonl')).status, 0)
  assert.equal((await ann.get('audit?verb=audit.export')).body.rows.length, 1)
  assert.equal((await ann.post('audit/export', { from: '2999-01-01T00:00:00Z', to: '2999-01-02T00:00:00Z' })).status, 422)
})

test('filters narrow by person, verb, subject and time', () => {
  const all = trail()
  assert.ok(all.length > 20)
  assert.ok(trail('--actor', 'ann').every((r) => r.who === 'ann'))
  assert.ok(trail('--verb', 'signin').every((r) => r.verb === 'signin'))
  assert.ok(trail('--verb', 'user.').every((r) => r.verb.startsWith('user.')))
  assert.ok(!trail('--verb', 'signin').some((r) => r.verb === 'signin.refused'))
  assert.deepEqual(trail('--to', '2020-01-01T00:00:00Z'), [])
  assert.equal(raw('audit', 'list', '--from', 'yesterday').status, 2)
})

test('the chain verifies while it grows; a change is found with its row and a remedy', async () => {
  await until('sealing', () => trail().filter((r) => !r.seq).length <= 2)
  const whole = d.tutela('audit', 'verify')
  assert.equal(whole.findings, 0)
  assert.equal(whole.key_known, true)
  assert.ok(whole.rows > 20)
  const copy = join(folder, 'copy.db')
  d.tutela('backup', copy)
  const bytes = readFileSync(copy)
  assert.equal(d.tutela('audit', 'verify', '--store', copy).findings, 0)
  assert.deepEqual(readFileSync(copy), bytes, 'verifying changes nothing')
  sql(copy, 'DROP TRIGGER audit_kept', "UPDATE audit SET actor = 'nobody' WHERE seq = 3")
  const broken = raw('--json', 'audit', 'verify', '--store', copy)
  assert.equal(broken.status, 5)
  const [finding] = JSON.parse(broken.stdout).findings
  assert.deepEqual([finding.number, finding.source, finding.fault], [3, 'audit', 'row_changed'])
  assert.match(finding.remedy, /backup/)
  assert.match(raw('audit', 'verify', '--store', copy).stdout, /row was changed/)
})

test('an export verifies with nothing but the file, by our verifier and by another', () => {
  const file = join(folder, 'export.jsonl')
  const made = d.tutela('audit', 'export', file)
  assert.ok(made.rows > 20)
  assert.equal(trail('--verb', 'audit.export', '--actor', 'cli').length, 1)
  const key = d.tutela('audit', 'key').public_key
  writeFileSync(join(folder, 'audit.pub'), key + '\n')
  const again = JSON.parse(raw('--json', 'audit', 'verify', '--export', file, '--public-key', join(folder, 'audit.pub')).stdout)
  assert.equal(again.rows, made.rows)
  assert.equal(again.key, key)
  const other = (f, ...k) => spawnSync(join(root, 'tools/verify-audit-export'), [f, ...k], { encoding: 'utf8' })
  assert.match(other(file, key).stdout, new RegExp(`^${made.rows} rows in ${made.links} links`))
  assert.notEqual(other(file, '00'.repeat(32)).status, 0)
  assert.match(other('--help').stderr, /^Verifies an export.*FILE \[PUBLIC-KEY-HEX\]\n$/)
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
  const at = lines.findIndex((l) => l.includes('"row"'))
  const spoilt = {
    changed: lines.map((l, i) => (i === at ? l.replace(/"t","[^"]*"/, '"t","other"') : l)),
    removed: lines.filter((_, i) => i !== at),
    swapped: lines.map((l, i) => (i === at ? lines[at + 1] : i === at + 1 ? lines[at] : l)),
    cut: lines.slice(0, -1),
    stripped: lines.map((l, i) => (i === at ? l.replace(/,"row":.*$/, '}') : l)),
    unsigned: lines.filter((l) => !l.includes('"checkpoint"')),
  }
  for (const [how, text] of Object.entries(spoilt)) {
    writeFileSync(join(folder, 'bad.jsonl'), text.join('\n') + '\n')
    const found = raw('audit', 'verify', '--export', join(folder, 'bad.jsonl'))
    assert.equal(found.status, 5, `${how}: ${found.stderr}`)
    assert.match(found.stderr, /line \d+/, how)
    assert.notEqual(other(join(folder, 'bad.jsonl'), key).status, 0, how)
  }
})

test('a new key is vouched for by the old one; who has the old one still verifies', () => {
  const old = join(folder, 'audit.pub')
  const fresh = d.tutela('audit', 'rotate').public_key
  assert.notEqual(fresh, readFileSync(old, 'utf8').trim())
  const file = join(folder, 'later.jsonl')
  d.tutela('audit', 'export', file)
  assert.equal(raw('audit', 'verify', '--export', file, '--public-key', old).status, 0)
  assert.equal(raw('audit', 'verify', '--public-key', old).status, 0)
  writeFileSync(join(folder, 'other.pub'), '00'.repeat(32))
  assert.equal(raw('audit', 'verify', '--public-key', join(folder, 'other.pub')).status, 5)
})

test('lines that were kept elsewhere prove that the end was cut off', async () => {
  const kept = join(folder, 'checkpoints.log'), copy = join(folder, 'cut.db')
  await until('the lines', () => {
    try {
      return (readFileSync(join(d.data, 'checkpoints.log'), 'utf8').match(/^tutela-checkpoint/gm) ?? []).length >= 2
    } catch {
      return false
    }
  })
  copyFileSync(join(d.data, 'checkpoints.log'), kept)
  const last = Number([...readFileSync(kept, 'utf8').matchAll(/^tutela-checkpoint 1 seq=(\d+)/gm)].at(-1)[1])
  d.tutela('backup', copy)
  assert.equal(d.tutela('audit', 'verify', '--store', copy, '--checkpoints', kept).findings, 0)
  sql(copy, 'DROP TRIGGER audit_stay', 'DROP TRIGGER seals_stay', 'DROP TRIGGER checkpoints_stay', `DELETE FROM audit WHERE seq >= ${last}`,
    `DELETE FROM seals WHERE seq >= ${last}`, `DELETE FROM checkpoints WHERE seq >= ${last}`)
  assert.equal(d.tutela('audit', 'verify', '--store', copy).findings, 0, 'nothing in the copy itself can say it')
  const found = JSON.parse(raw('--json', 'audit', 'verify', '--store', copy, '--checkpoints', kept).stdout).findings
  assert.equal(found[0].fault, 'truncated')
  assert.equal(found[0].number, last)
})

test('the clerk finds a change by itself, and an alarm tells of it', async () => {
  const store = join(d.data, 'store.db')
  const was = JSON.parse(execFileSync('python3', ['-c', `import sqlite3,sys,json
d=sqlite3.connect(sys.argv[1], timeout=30)
print(json.dumps(d.execute("SELECT sql FROM sqlite_schema WHERE name = 'audit_kept'").fetchone()[0]))`, store], { encoding: 'utf8' }))
  sql(store, 'DROP TRIGGER audit_kept', "UPDATE audit SET detail = 'other' WHERE seq = 5", was)
  const alarm = await until('the alarm', () => d.tutela('alarm', 'list').alarms.find((a) => a.kind === 'chain_broken'), 60_000)
  assert.match(alarm.text, /number 5 .*row was changed/)
  assert.equal((await ann.get('audit')).body.proof.broken, true)
})
