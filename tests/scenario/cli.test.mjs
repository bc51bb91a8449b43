// The command line against the real binary, in folders of its own. Run by ./test (node --test tests/scenario/*).
import { test, before, after } from 'node:test'
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { spawn, spawnSync } from 'node:child_process'
import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync, appendFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bin, freePort, root } from '../programs.mjs'

const program = bin('tutela')
const password = 'correct horse battery'
let folder, data

function run(args, { input = '', dir = data, env = {} } = {}) {
  const full = dir ? ['--data', dir, ...args] : args
  const r = spawnSync(program, full, { input, encoding: 'utf8', env: { ...process.env, ...env } })
  return { code: r.status, out: r.stdout, err: r.stderr }
}
function ok(args, options) {
  const r = run(args, options)
  assert.equal(r.code, 0, `tutela ${args.join(' ')}: exit ${r.code}\n${r.out}${r.err}`)
  return r.out
}
const json = (args, options) => JSON.parse(ok([...args, '--json'], options))

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'tutela-cli-'))
  data = join(folder, 'data')
  ok(['init', '--admin', 'alex', '--password-stdin', '--platform', 'flip'], { input: password + '\n' })
})
after(() => rmSync(folder, { recursive: true, force: true }))

test('help lists every command and explains each', () => {
  const all = ok(['help'], { dir: null })
  for (const name of ['init', 'user add', 'key add', 'bank import', 'doctor', 'backup', 'restore']) assert.match(all, new RegExp(name))
  assert.match(ok(['user', 'add', '--help'], { dir: null }), /--role ROLE/)
  for (const group of new Set(json(['help'], { dir: null }).commands.filter((c) => c.name.includes(' ')).map((c) => c.name.split(' ')[0]))) {
    const text = ok(['help', group], { dir: null })
    assert.match(text, new RegExp(`usage: tutela ${group} COMMAND[\\s\\S]*^  ${group} \\w+`, 'm'))
    assert.doesNotMatch(text, /For every command[\s\S]*For every command/, 'a list, not every page')
  }
  assert.equal(ok(['bank'], { dir: null }), ok(['help', 'bank'], { dir: null }))
  assert.ok(all.split('\n').every((line) => line.length <= 100))
  assert.match(ok(['--version'], { dir: null }), /^tutela \d+\.\d+/)
})

test('wrong words end with 2 and offer the nearest right one', () => {
  const cases = [
    [['usr', 'list'], /did you mean "user list"/],
    [['user', 'ad'], /did you mean "user add"/],
    [['user', 'add'], /expected: tutela user add NAME/],
    [['user', 'zz'], /there is no command "user zz"[\s\S]*`tutela help user` lists/],
    [['bank', 'create', 'x', '--kind', 'text', '--policy', 'fraud', '--distance', '3'], /has no meaning for a text bank/],
    [['bank', 'set', 'demo-hate'], /what is to change/],
    [['bank', 'edit', 'demo-hate', 'x'], /what is to change: --note/],
    [['bank', 'import', 'demo-hate', folder], /is a folder/],
    [['bank', 'export', 'demo-hate', '--format', 'xml'], /is not one of lines, csv, json, ndjson/],
    [['match', 'x', '--bank', 'demo-hate'], /holds terms/],
    [['user', 'add', 'kim', '--rol', 'lead'], /there is no option --rol; did you mean --role/],
    [['user', 'add', 'kim', '--role', 'king'], /"king" is not one of viewer, moderator, specialist, lead, admin/],
    [['user', 'add', 'kim', '--role'], /--role needs a value/],
    [['item', 'list', '--limit', 'x'], /expected a whole number from 1 to 100000/],
    [['key', 'revoke', 'nonsense'], /is not the id of a key/],
    [['approval', 'refuse', 'nonsense', 'no'], /is not the id of a proposal/],
    [['session', 'end', 'alex', 'nonsense'], /is not the id of a session/],
  ]
  for (const [args, want] of cases) {
    const r = run(args)
    assert.equal(r.code, 2, args.join(' '))
    assert.match(r.err, want)
    assert.equal(r.out, '')
  }
})

test('errors are objects with --json', () => {
  const r = run(['user', 'passwd', 'nobody', '--json'])
  assert.equal(r.code, 1)
  const e = JSON.parse(r.err).error
  assert.equal(e.code, 'notfound')
  assert.match(e.remedy, /tutela user list/)
})

test('a folder without a store says how to make one', () => {
  const r = run(['user', 'list'], { dir: join(folder, 'nothing') })
  assert.equal(r.code, 1)
  assert.match(r.err, /there is no store in .*nothing[\s\S]*tutela init/)
})

test('init makes an installation that only its owner can read, and may be repeated', () => {
  for (const name of ['store.db', 'keys.db', 'master.key', 'tutela.yaml']) assert.equal(statSync(join(data, name)).mode & 0o077, 0, name)
  appendFileSync(join(data, 'policy', 'README.md'), 'ours\n')
  const key = readFileSync(join(data, 'master.key'), 'utf8')
  const again = json(['init', '--admin', 'alex', '--platform', 'flip'])
  assert.equal(again.banks_created, 0)
  assert.equal(again.password, null)
  assert.equal(readFileSync(join(data, 'master.key'), 'utf8'), key)
  assert.match(readFileSync(join(data, 'policy', 'README.md'), 'utf8'), /ours/)
})

test('a store without its master key is left as it is', () => {
  const key = join(data, 'master.key')
  renameSync(key, join(folder, 'kept.key'))
  try {
    for (const args of [['init'], ['user', 'list'], ['doctor']]) assert.match(Object.values(run(args)).join(), /holds a store and no master\.key: put your copy/, args[0])
    assert.doesNotMatch(run(['doctor']).out, /tutela init/)
    assert.equal(existsSync(key), false)
  } finally {
    renameSync(join(folder, 'kept.key'), key)
  }
  ok(['user', 'list'])
})

test('init refuses a weak password and then has made nothing', () => {
  const dir = join(folder, 'weak')
  const r = run(['init', '--admin', 'sam', '--password-stdin'], { dir, input: 'short\n' })
  assert.equal(r.code, 3)
  assert.match(r.err, /a password has 12/)
  assert.equal(existsSync(join(dir, 'store.db')), false)
})

test('people are added, changed and shut out; the last administrator stays', () => {
  const made = json(['user', 'add', 'kim', '--role', 'specialist', '--skills', 'child_safety terror'])
  assert.match(made.password, /^([2-9a-z]{5}-){3}[2-9a-z]{5}$/)
  let kim = json(['user', 'list']).users.find((u) => u.name === 'kim')
  assert.deepEqual(kim.skills, ['child_safety', 'terror'])
  assert.match(kim.pseudonym, /^R-/)
  ok(['user', 'role', 'kim', 'lead'])
  ok(['user', 'skills', 'kim', ''])
  ok(['user', 'disable', 'kim'])
  kim = json(['user', 'list']).users.find((u) => u.name === 'kim')
  assert.equal(kim.role, 'lead')
  assert.deepEqual(kim.skills, [])
  assert.ok(kim.disabled_at)
  ok(['user', 'enable', 'kim'])
  assert.equal(run(['user', 'add', 'kim']).code, 1)
  assert.equal(run(['user', 'add', 'Kim']).code, 3)
  const last = run(['user', 'disable', 'alex'])
  assert.equal(last.code, 1)
  assert.match(last.err, /last administrator/)
  assert.match(json(['user', 'passwd', 'kim']).password, /-/)
})

test('API keys show their secret once', () => {
  const made = json(['key', 'add', '--label', 'web', '--scopes', 'ingest read', '--days', '30', '--rate', '100'])
  assert.match(made.secret, /^tlk_live_[A-Za-z0-9_-]{43}$/)
  assert.match(json(['key', 'add', '--test']).secret, /^tlk_test_/)
  const listed = ok(['key', 'list', '--json'])
  assert.ok(!listed.includes(made.secret))
  const key = JSON.parse(listed).keys.find((k) => k.label === 'web')
  assert.deepEqual(key.scopes, ['ingest', 'read'])
  assert.ok(made.secret.startsWith(key.prefix))
  ok(['key', 'revoke', key.id])
  assert.ok(json(['key', 'list']).keys.find((k) => k.id === key.id).revoked_at)
  assert.equal(run(['key', 'revoke', key.id]).code, 1)
  assert.match(run(['key', 'add', '--scopes', 'ingst']).err, /no scope "ingst"/)
})

test('with several platforms one must be named', () => {
  ok(['platform', 'add', 'flop'])
  assert.equal(run(['platform', 'add', 'flop']).code, 1)
  const r = run(['key', 'add'])
  assert.equal(r.code, 2)
  assert.match(r.err, /there are 2 platforms[\s\S]*--platform NAME/)
  assert.equal(run(['key', 'add', '--platform', 'flap']).code, 1)
})

test('endpoints get a Standard Webhooks secret, and a new one', () => {
  const made = json(['endpoint', 'add', 'http://127.0.0.1:9/hooks', '--platform', 'flip', '--private'])
  assert.match(made.secret, /^whsec_[A-Za-z0-9+/]+=*$/)
  const next = json(['endpoint', 'rotate', made.id])
  assert.notEqual(next.secret, made.secret)
  const row = json(['endpoint', 'list']).endpoints.find((e) => e.id === made.id)
  assert.equal(row.private, true)
  assert.ok(!ok(['endpoint', 'list', '--json']).includes('whsec_'))
  assert.equal(run(['endpoint', 'add', 'ftp://x.example', '--platform', 'flip', '--replace']).code, 2)
  const endpoints = () => json(['endpoint', 'list']).endpoints.filter((e) => e.enabled && e.live).map((e) => e.id)
  const taken = run(['endpoint', 'add', 'https://new.example/hooks', '--platform', 'flip'])
  assert.equal(taken.code, 2)
  assert.match(taken.err, /has an endpoint already: http:\/\/127\.0\.0\.1:9\/hooks[\s\S]*--replace/)
  assert.deepEqual(endpoints(), [made.id])
  const after = ok(['endpoint', 'add', 'https://new.example/hooks', '--platform', 'flip', '--replace'])
  assert.match(after, new RegExp(`127\\.0\\.0\\.1:9/hooks is switched off; .tutela endpoint enable ${made.id}`))
  assert.equal(endpoints().length, 1)
  ok(['endpoint', 'enable', made.id])
  assert.deepEqual(endpoints(), [made.id])
  assert.equal(json(['endpoint', 'add', 'http://127.0.0.1:9/test', '--platform', 'flip', '--private', '--test']).id.length, 36, 'test data has an endpoint of its own')
})

test('banks are created, filled, imported and exported', () => {
  ok(['bank', 'create', 'terms', '--kind', 'text', '--policy', 'speech.hate'])
  ok(['bank', 'add', 'terms', 'DEMO BANNED PHRASE', '--note', 'why'])
  assert.equal(run(['bank', 'add', 'terms', 'DEMO BANNED PHRASE']).code, 1)
  ok(['bank', 'create', 'pictures', '--kind', 'pdq', '--policy', 'csae.known', '--distance', '20'])
  const file = join(folder, 'hashes.txt')
  const hash = (n) => n.toString(16).padStart(64, '0')
  writeFileSync(file, `# comment\n${hash(1)}\n${hash(2)}\tnote\nnot a hash\n${hash(1)}\n`)
  const r = run(['bank', 'import', 'pictures', file, '--json'])
  assert.equal(r.code, 5)
  assert.match(r.err, /hashes\.txt:4: /)
  assert.deepEqual([JSON.parse(r.out).added, JSON.parse(r.out).known, JSON.parse(r.out).refused], [2, 1, 1])
  const text = ok(['bank', 'export', 'pictures'])
  assert.equal(text.trim().split('\n').length, 2)
  ok(['bank', 'create', 'copy', '--kind', 'pdq', '--policy', 'csae.known'])
  assert.equal(JSON.parse(ok(['bank', 'import', 'copy', '-', '--json'], { input: text })).added, 2)
  ok(['bank', 'disable', 'copy'])
  const rows = json(['bank', 'list']).banks
  assert.equal(rows.find((b) => b.name === 'copy').enabled, false)
  assert.equal(rows.find((b) => b.name === 'pictures').entries, 2)
  assert.match(ok(['bank', 'set', 'copy', '--share', '0.00001']), /^share +0\.00001$/m)
  assert.match(ok(['bank', 'remove', 'copy', '--exchange', 'none', '--yes']), /Nothing was changed/)
  assert.match(ok(['bank', 'show', 'pictures', '--limit', '1']), /The newest 1 of 2/)
  assert.match(ok(['bank', 'disable', 'pictures', hash(1), '--until', '2099-03-31']), /off until 2099-03-31 /)
  assert.match(ok(['bank', 'search', 'pictures', '--state', 'off']), /off until 2099-03-31 /)
  ok(['bank', 'enable', 'pictures', hash(1)])
  assert.equal(json(['bank', 'show', 'pictures']).entries.length, 2)
  assert.equal(run(['bank', 'show', 'nothing']).code, 1)
  assert.match(run(['bank', 'create', 'x', '--kind', 'text', '--policy', 'no.such']).err, /there is no policy "no.such"/)
  assert.equal(run(['bank', 'add', 'pictures', 'xyz']).code, 3)
  assert.equal(run(['bank', 'add', 'pictures', hash(9), '--expires', '2020-01-01']).code, 2)
  assert.deepEqual({ ...json(['bank', 'remove', 'pictures', hash(2)]), id: 0 }, { removed: hash(2), form: 'pdq', bank: 'pictures', id: 0 })
})

test('what a JSON file of entries says badly is told with its line, and what it means is taken', () => {
  ok(['bank', 'create', 'fed', '--kind', 'pdq', '--policy', 'csae.known'])
  const file = join(folder, 'feed.json'), hash = (n) => (n + 4096).toString(16).padStart(64, '0')
  writeFileSync(file, ['[', `{"value":"${hash(1)}","tags":"a, b;c"},`, '5,', 'true,', ' null,', '{"value":{"x":1}},', '[1,2],',
    `{"value":"${hash(2)}","expires_at":"2020-01-01"},`, `{"value":"${hash(3)}","tags":["d"]},`, `"${hash(4)}",`,
    `{"value":"${hash(5)}","provenance":{"tags":[5,"k"]}},`, `{"value":"${hash(6)}","provenance":5}`, ']', ''].join('\n'))
  const r = run(['bank', 'import', 'fed', file, '--json'])
  assert.deepEqual(JSON.parse(r.out), { format: 'json', lines: 13, added: 3, known: 0, extended: 0, expired: 1, refused: 7 })
  assert.deepEqual(r.err.trim().split('\n').map((l) => l.slice(file.length + 1)), ['3: an entry is an object or a string, not a number',
    '4: an entry is an object or a string, not true or false', '5: an entry is an object or a string, not null',
    '6: value: an object stands where a text, a number or a list is expected', '7: an entry is an object or a string, not a list',
    '11: tags: a tag is a text, not a number', '12: provenance: an object is expected, not a number'])
  const tags = JSON.parse(ok(['bank', 'export', 'fed', '--format', 'json'])).entries.map((e) => e.tags ?? e.provenance?.tags)
  assert.deepEqual(tags.filter(Boolean).sort(), [['a', 'b', 'c'], ['d']])
})

test('a bank says what it goes by, and which kind of file it can hold', () => {
  const picture = join(root, 'tests/data/pdq/scene00.png'), film = join(root, 'tests/data/vpdq/mandelbrot.mp4')
  assert.match(ok(['bank', 'create', 'songs', '--kind', 'sound', '--policy', 'csae.known']), /^distance +9$/m)
  assert.match(run(['bank', 'set', 'songs', '--distance', '31']).err, /from 0 to 9/)
  assert.match(run(['bank', 'add', 'songs', '--file', picture]).err, /the file is a picture; a sound bank holds sounds/)
  assert.match(run(['bank', 'add', 'songs', '--file', film]).err, /the file is a video without sound; a sound bank holds sounds/)
  assert.match(run(['bank', 'add', 'pictures', '--file', film]).err, /the file is a video; a pdq bank holds pictures/)
  const bench = spawnSync(join(root, 'bench'), ['--help'], { encoding: 'utf8' })
  assert.deepEqual([bench.status, /^ {2}match$/m.test(bench.stdout), bench.stderr], [0, true, ''])
})

test('rules are checked with their tests, and errors have their place', () => {
  const good = json(['rule', 'check'])
  assert.equal(good.errors, 0)
  assert.ok(good.rules > 5 && good.tests > 5)
  writeFileSync(join(data, 'policy', 'rules', 'bad.rules'), 'rule broken\n    policy  fraud\n    when    itm.views > 3\n    then    review\n')
  const bad = run(['rule', 'check'])
  assert.equal(bad.code, 5)
  assert.match(bad.err, /bad\.rules:3:\d+: /)
  rmSync(join(data, 'policy', 'rules', 'bad.rules'))
  assert.ok(json(['rule', 'list']).rules.some((r) => r.state === 'active'))
  assert.ok(json(['policy', 'list']).policies.length > 80)
})

test('the configuration is printed, overridden and refused with its place', () => {
  assert.equal(json(['config', '--set', 'undo_seconds=0']).undo_seconds, 0)
  assert.match(run(['config', '--set', 'undo_second=0']).err, /did you mean "undo_seconds"/)
  const file = join(data, 'tutela.yaml')
  const before = readFileSync(file, 'utf8')
  appendFileSync(file, 'workers: many\n')
  const r = run(['config'])
  assert.equal(r.code, 3)
  assert.match(r.err, /tutela\.yaml:\d+:10: workers: expected a whole number[\s\S]*\^/)
  writeFileSync(file, before)
})

test('hash prints file, quality and pdq, decoded in the jail', () => {
  const vectors = readFileSync(join(root, 'tests/data/pdq/vectors.tsv'), 'utf8').split('\n').filter((l) => l && !l.startsWith('#'))
  const row = vectors.map((l) => l.split('\t')).find((c) => c.includes('scene00.png'))
  const file = join(root, 'tests/data/pdq/scene00.png')
  const [name, quality, pdq] = ok(['hash', file], { dir: null }).trim().split('\t')
  assert.equal(name, file)
  assert.match(quality, /^\d+$/)
  assert.ok(row.includes(pdq), `${pdq} is not in ${row}`)
  const r = run(['hash', file, join(root, 'README.md'), '--json', '--digests'], { dir: null })
  assert.equal(r.code, 3)
  const files = JSON.parse(r.out).files
  assert.equal(files[0].pdq, pdq)
  assert.match(files[0].sha256, /^[0-9a-f]{64}$/)
  assert.equal(files[1].pdq, null)
  assert.ok(files[1].error)
})

test('hash --all tells everything of each file, of standard input too, and goes on after one that fails', () => {
  const file = join(root, 'tests/data/pdq/scene00.png')
  const bytes = readFileSync(file)
  const { pdq } = JSON.parse(ok(['hash', '--json', file], { dir: null })).files[0]
  const lines = ok(['hash', '--all', file], { dir: null }).trim().split('\n').map((line) => line.split('\t'))
  const of = Object.fromEntries(lines.map(([, name, value]) => [name, value]))
  assert.equal(of.sha256, createHash('sha256').update(bytes).digest('hex'))
  assert.equal(of.md5, createHash('md5').update(bytes).digest('hex'))
  assert.equal(of.pdq, pdq)
  const turned = Object.keys(of).filter((name) => name.startsWith('pdq'))
  assert.equal(turned.length, 8)
  assert.equal(new Set(turned.map((name) => of[name])).size, 8)
  assert.ok(lines.filter(([, name]) => turned.includes(name)).every((row) => row[3] === '87'))
  const grey = join(folder, 'grey.png')
  spawnSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', 'color=gray:size=128x128', '-frames:v', '1', grey])
  assert.match(run(['hash', grey], { dir: null }).err, /too plain to be told from others \(quality below 50\)/)
  assert.match(run(['match', grey]).err, /too plain[^\n]*only its digests are compared/)
  const r = run(['hash', '--json', '--all', join(root, 'README.md'), '-', '/nonexistent'], { dir: null, input: bytes })
  assert.equal(r.code, 3)
  const [text, piped, none] = JSON.parse(r.out).files
  assert.match(text.sha256, /^[0-9a-f]{64}$/)
  assert.ok(text.error && text.pdq === null && none.error && none.sha256 === null)
  assert.deepEqual([piped.type, piped.width, piped.height, piped.bytes, piped.pdq, piped.pdq_rot180], ['image/png', 640, 480, bytes.length, pdq, of.pdq_rot180])
})

test('hash tells a video frame by frame, and the fingerprint of its sound', () => {
  const film = join(folder, 'clip.mkv')
  const made = spawnSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', 'testsrc2=size=320x240:rate=10:duration=6',
    '-f', 'lavfi', '-i', 'sine=frequency=440:duration=6', '-c:v', 'libx264', '-preset', 'ultrafast', '-c:a', 'aac', film], { encoding: 'utf8' })
  assert.equal(made.status, 0, made.stderr)
  const frames = ok(['hash', film], { dir: null }).trim().split('\n').map((line) => line.split('\t'))
  assert.deepEqual(frames.map((f) => f[3]), ['0.000', '1.000', '2.000', '3.000', '4.000', '5.000'])
  assert.ok(frames.every(([, quality, pdq]) => Number(quality) > 0 && /^[0-9a-f]{64}$/.test(pdq)))
  const all = ok(['hash', '--all', film], { dir: null }).trim().split('\n').map((line) => line.split('\t'))
  assert.deepEqual(all.filter((f) => f[1] === 'frame').map((f) => f[2]), frames.map((f) => f[2]))
  assert.match(all.find((f) => f[1] === 'fingerprint')[2], /^\d+(,\d+)+$/)
  const [file] = JSON.parse(ok(['hash', '--all', '--json', film], { dir: null })).files
  assert.deepEqual([file.type, file.width, file.height, Math.round(file.seconds)], ['video/webm', 320, 240, 6])
  assert.deepEqual(file.frames.filter((f) => f.plain).map((f) => f.pdq), frames.map((f) => f[2]))
})

test('doctor says what is wrong and what to do', () => {
  const r = run(['doctor', '--json'])
  assert.equal(r.code, 5)
  const findings = JSON.parse(r.out).findings
  const stopped = findings.find((f) => f.check === 'daemon')
  assert.equal(stopped.level, 'warning')
  assert.ok(findings.some((f) => f.level === 'note' && /^1 administrator signs in with a password alone$/.test(f.text) && /My sign-in/.test(f.remedy)))
  assert.ok(findings.every((f) => f.remedy.length > 5 && f.text.length > 5))
  assert.match(run(['doctor']).out, /tutelad is not running[\s\S]*\d+ problems?, \d+ warnings?/)
  const later = JSON.parse(run(['doctor', '--clock', '86400', '--json']).out).findings
  assert.ok(later.some((f) => f.check === 'clock' && /8640\d s/.test(f.text)))
  assert.ok(!JSON.parse(run(['doctor', '--clock', '0', '--json']).out).findings.some((f) => f.check === 'clock'))
  const nothing = run(['doctor'], { dir: join(folder, 'nothing') })
  assert.match(nothing.out, /problem +store/)
})

test('doctor finds what root left in another’s folder', { skip: process.getuid() !== 0 && 'only root can give files away' }, () => {
  const found = () => JSON.parse(run(['doctor', '--json']).out).findings.filter((f) => /belong to the owner/.test(f.text))
  assert.deepEqual(found(), [])
  const file = join(folder, 'data', 'audit.key')
  chownSync(file, 65534, 65534)
  try {
    const [f, ...more] = found()
    assert.equal(more.length, 0)
    assert.deepEqual([f.level, f.check], ['problem', 'files'])
    assert.match(f.text, /^audit\.key /)
    assert.match(f.remedy, /chown/)
  } finally {
    chownSync(file, 0, 0)
  }
})

test('doctor warns of a queue that nobody may work', () => {
  const found = () => JSON.parse(run(['doctor', '--json']).out).findings.filter((f) => f.check === 'skills')
  assert.ok(found().some((f) => f.level === 'warning' && /"Child safety".*child_safety/.test(f.text)))
  ok(['user', 'skills', 'alex', 'child_safety terror self_harm'])
  assert.deepEqual(found(), [])
  ok(['user', 'skills', 'alex', ''])
})

test('switches are turned and every change is audited', () => {
  assert.deepEqual(json(['switch', 'get']).switches, [{ name: 'observe_only', value: 'off' }, { name: 'automatic_actions', value: 'on' }])
  ok(['switch', 'set', 'observe_only', 'on'])
  assert.equal(json(['switch', 'get', 'observe_only']).switches[0].value, 'on')
  ok(['switch', 'set', 'observe_only', 'off'])
  assert.equal(run(['switch', 'set', 'observe', 'on']).code, 2)
  const verbs = json(['audit', '--limit', '1000']).audit.map((a) => a.verb)
  for (const verb of ['init', 'user.add', 'user.role', 'key.create', 'key.revoke', 'bank.import', 'switch.set']) assert.ok(verbs.includes(verb), verb)
})

test('alarms that are not there are said so', () => {
  assert.deepEqual(json(['alarm', 'list']).alarms, [])
  const r = run(['alarm', 'ack', '01a20c63-233c-7000-8072-2ed39f2763e7'])
  assert.equal(r.code, 1)
  assert.match(r.err, /tutela alarm list/)
})

test('tables cannot be steered by text from outside', () => {
  ok(['bank', 'add', 'terms', 'plain words', '--note', 'a\u001b[2Jb\u202ec'])
  const out = ok(['bank', 'show', 'terms'])
  assert.ok(out.includes('a\\u001b[2Jb\\u202ec'))
  assert.ok(!out.includes('\u001b'))
})

test('a copy is verified, restored, and refused when it is damaged', () => {
  const copy = join(folder, 'copy.db')
  const made = json(['backup', copy, '--keys'])
  assert.equal(made.verified, true)
  assert.equal(run(['backup', copy]).code, 1)
  ok(['backup', copy, '--verify'])
  const other = join(folder, 'other')
  ok(['restore', copy], { dir: other })
  assert.deepEqual(json(['user', 'list'], { dir: other }), json(['user', 'list']))
  const there = run(['restore', copy], { dir: other })
  assert.equal(there.code, 1)
  assert.match(there.err, /--force/)
  ok(['restore', copy, '--force'], { dir: other })
  assert.ok(existsSync(join(other, 'store.db.before-restore')))
  const bytes = readFileSync(copy)
  bytes[bytes.length >> 1] ^= 0xff
  writeFileSync(copy, bytes)
  const bad = run(['backup', copy, '--verify'])
  assert.equal(bad.code, 5)
  assert.match(bad.err, /Do not use this copy/)
  assert.equal(run(['restore', copy], { dir: join(folder, 'third') }).code, 5)
})

test('made-up people are judged by the rules in force, the same ones for the same number', () => {
  const scratch = join(folder, 'scratch')
  mkdirSync(scratch)
  const args = ['simulate', 'contacts', '--accounts', '1000', '--days', '10', '--scratch', scratch]
  const rows = json(args).simulated
  assert.deepEqual(rows, json([...args, '--seed', '1']).simulated)
  assert.notDeepEqual(rows, json([...args, '--seed', '2']).simulated)
  assert.deepEqual(readdirSync(scratch), [])
  const row = rows.find((r) => r.what === 'stranger-reaches-many-minors')
  assert.equal(row.kind, 'rule')
  assert.ok(row.recall.low <= row.recall.value && row.recall.value <= row.recall.high && row.recall.value > 0)
  assert.ok(row.precision_if_rare < row.precision.value)
  assert.equal(Object.values(row.who).reduce((n, k) => n + k.of, 0), 1000)
  assert.equal(row.who.wide.found, row.who.wide.of)
  assert.equal(row.who.teen.found, 0)
  assert.match(ok(args), /Invented behaviour is not reality/)
})

test('every command speaks JSON, also those that print documents and files', () => {
  writeFileSync(join(folder, 'many.txt'), Array.from({ length: 1200 }, (_, i) => `zorb${i}\n`).join(''))
  ok(['bank', 'create', 'many', '--kind', 'text', '--policy', 'terms.spam'])
  ok(['bank', 'import', 'many', join(folder, 'many.txt')])
  const { entries } = json(['bank', 'export', 'many'])
  assert.equal(new Set(entries.map((e) => e.value)).size, 1200)
  assert.deepEqual(Object.keys(entries[0]), ['value', 'form', 'enabled', 'added_at', 'added_by'])
  const { commands } = json(['help'], { dir: null })
  assert.ok(commands.length > 40 && commands.every((c) => c.name && c.help && c.example && Array.isArray(c.options)))
  assert.deepEqual(json(['help', 'case'], { dir: null }).commands.map((c) => c.name), ['case list', 'case show'])
  assert.equal(json(['user', 'add', '--help'], { dir: null }).commands[0].name, 'user add')
  assert.match(json(['docs', 'bash'], { dir: null }).text, /^# bash completion/)
})

test('lists say names, not numbers', () => {
  ok(['endpoint', 'add', 'https://flip.example/hooks', '--platform', 'flip', '--replace'])
  assert.equal(json(['endpoint', 'list']).endpoints[0].platform, 'flip')
  assert.equal(json(['audit', '--limit', '1']).audit[0].who, 'cli')
})

test('completions and the man page know every command', () => {
  const bash = ok(['docs', 'bash'], { dir: null })
  const words = (line, at) =>
    spawnSync('bash', ['-c', `${bash}\nCOMP_WORDS=(${line}); COMP_CWORD=${at}; _tutela; echo "\${COMPREPLY[@]}"`], { encoding: 'utf8' }).stdout.trim().split(' ')
  assert.ok(words('tutela ""', 1).includes('doctor'))
  assert.deepEqual(words('tutela user pas', 2), ['passwd'])
  assert.deepEqual(words('tutela --data x user add --ro', 5), ['--role'])
  assert.match(ok(['docs', 'man'], { dir: null }), /^tutela\(1\)[\s\S]*\*bank import\*/)
  assert.equal(run(['docs', 'nothing'], { dir: null }).code, 2)
})

test('with the daemon: an item is seen, a copy is made, restore is refused', async () => {
  const dir = join(folder, 'live')
  ok(['init', '--platform', 'flip', '--admin', 'alex', '--password-stdin'], { dir, input: password + '\n' })
  const { secret } = json(['key', 'add'], { dir })
  const port = await freePort()
  const child = spawn(bin('tutelad'), ['--data', dir, '--set', `listen=127.0.0.1:${port}`, '--set', 'admin_listen=127.0.0.1:0'], { stdio: 'ignore' })
  try {
    const item = { id: 'post-1', kind: 'post', author: { id: 'u1' }, text: { body: 'harmless DEMO-TERROR-SLOGAN' }, audience: 'public', posted_at: '2026-01-01T00:00:00Z' }
    let answer
    for (let i = 0; i < 100 && !answer; i++) {
      await new Promise((r) => setTimeout(r, 100))
      answer = await fetch(`http://127.0.0.1:${port}/v1/items?wait=2000`, {
        method: 'POST', headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' }, body: JSON.stringify(item),
      }).catch(() => null)
    }
    assert.ok(answer?.ok, `the daemon did not answer: ${answer?.status}`)
    let shown
    for (let i = 0; i < 50 && shown?.verdict == null; i++) {
      shown = json(['item', 'show', 'post-1'], { dir })
      if (shown.verdict == null) await new Promise((r) => setTimeout(r, 100))
    }
    assert.equal(shown.verdict, 'withhold')
    assert.equal(shown.text, undefined)
    assert.equal(json(['item', 'show', 'post-1', '--text'], { dir }).text.body, item.text.body)
    assert.ok(json(['audit'], { dir }).audit.some((a) => a.verb === 'item.text'))
    const cases = json(['case', 'list', '--queue', 'terror'], { dir }).cases
    assert.equal(cases.length, 1)
    assert.equal(json(['case', 'show', cases[0].id], { dir }).policy, 'terror.content')
    assert.equal(json(['queue', 'list'], { dir }).queues.find((q) => q.name === 'terror').open, 1)
    assert.equal(json(['figures'], { dir }).verdicts.withhold, 1)
    assert.equal(json(['backup', join(folder, 'live.db')], { dir }).items, 1)
    rmSync(join(folder, 'live.db.sha256')) // so that only the ledger's own chain can tell
    spawnSync('python3', ['-c', 'import sqlite3,sys; d=sqlite3.connect(sys.argv[1]); d.execute("DROP TRIGGER decisions_kept"); d.execute("UPDATE decisions SET facts = facts || \'.\'"); d.commit()', join(folder, 'live.db')])
    const forged = run(['backup', join(folder, 'live.db'), '--verify'], { dir })
    assert.equal(forged.code, 5)
    assert.match(forged.err, /Do not use this copy/)
    const refused = run(['restore', join(folder, 'live.db'), '--force'], { dir })
    assert.equal(refused.code, 1)
    assert.match(refused.err, /daemon is running/)
    assert.ok(!JSON.parse(run(['doctor', '--json'], { dir }).out).findings.some((f) => f.check === 'daemon'))
  } finally {
    child.kill('SIGTERM')
    await new Promise((r) => child.on('exit', r))
  }
})

test('a graph is loaded from a file: wrong lines are told, a repeat changes nothing, and what was cut off goes on', async () => {
  const file = join(folder, 'graph.ndjson'), errors = join(folder, 'graph.csv')
  const event = (i, more) => JSON.stringify({ from: `g-${i}`, to: `g-${i + 1}`, kind: 'follow', at: '2026-11-20T10:00:00Z', ...more })
  writeFileSync(file, [event(1), event(2, { to: 'g-2' }), '', event(3, { kind: 'contact' }), 'x'.repeat(20_000), '{"from": 1}', event(1)].join('\n'))
  const first = run(['relations', 'load', file, '--platform', 'flip', '--errors', errors, '--json'])
  assert.equal(first.code, 5, first.err)
  assert.deepEqual(JSON.parse(first.out), { lines: 7, applied: 2, refused: 3 })
  assert.match(first.err, /graph\.ndjson:2: \/to: is the same account as \/from/)
  assert.equal(readFileSync(errors, 'utf8').trim().split('\n').length, 3)
  assert.deepEqual(JSON.parse(run(['relations', 'load', file, '--platform', 'flip', '--json']).out), { lines: 7, applied: 0, refused: 3 })

  const long = join(folder, 'long.ndjson')
  writeFileSync(long, Array.from({ length: 60_000 }, (_, i) => event(i)).join('\n') + '\n')
  const args = ['--data', data, 'relations', 'load', long, '--platform', 'flip', '--piece', '1000', '--json']
  const child = spawn(bin('tutela'), args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (t) => (said += t))
  const ended = new Promise((done) => child.on('exit', done))
  const sql = (text) => Number(spawnSync('sqlite3', [join(data, 'store.db'), text], { encoding: 'utf8' }).stdout)
  const stopped = () => sql('SELECT lines FROM relation_loads')
  for (const until = Date.now() + 60_000; stopped() < 1000 && child.exitCode === null && Date.now() < until;) await new Promise((done) => setTimeout(done, 2))
  child.kill('SIGTERM')
  await ended
  if (child.exitCode !== 0) {
    assert.match(said, /it was interrupted; \d+ lines were loaded[\s\S]*goes on where it stopped/)
    assert.ok(stopped() >= 1000 && stopped() < 60_000)
  }
  const again = run(['relations', 'load', long, '--platform', 'flip', '--json'])
  if (child.exitCode !== 0) assert.match(again.err, /going on behind line \d+000/)
  assert.equal(JSON.parse(again.out).lines, 60_000)
  assert.equal(sql('SELECT COUNT(*) FROM relations WHERE low_follow IS NOT NULL OR high_follow IS NOT NULL'), 60_000)
  assert.equal(stopped(), 0)
})
