// Alarms reach people: by mail and webhook, step by step, with the all-clear; channels that fail are tried again and
// said; roles that stand still are seen by another. Months pass by the steerable clock.
import assert from 'node:assert/strict'
import { execFile, execFileSync, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { bin } from '../programs.mjs'
import { start, until } from './daemon.mjs'
import { hookSink, mailSink } from '../sinks.mjs'

const secret = 'whsec_' + Buffer.from('a secret of thirty-two bytes, ok').toString('base64')
const dir = mkdtempSync(join(tmpdir(), 'tutela-alarms-'))
let d, mail, hook, last, settings, shift = 0
const LONG = 60_000

before(async () => {
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', join(dir, 'key'), '-out', join(dir, 'cert'),
    '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'], { stdio: 'ignore' })
  writeFileSync(join(dir, 'password'), 'pa ss\n')
  writeFileSync(join(dir, 'secret'), secret + '\n')
  mail = await mailSink({ tls: { key: readFileSync(join(dir, 'key')), cert: readFileSync(join(dir, 'cert')) }, user: 'tutela', password: 'pa ss' })
  hook = await hookSink(secret)
  last = await hookSink(secret)
  settings = {
    service_name: 'Überforum', alarm_mail_server: `smtp://127.0.0.1:${mail.port}`, alarm_mail_from: 'tutela@platform.example',
    alarm_mail_user: 'tutela', alarm_mail_password_file: join(dir, 'password'), alarm_ca_file: join(dir, 'cert'),
    alarm_oncall: 'oncall@platform.example,second@platform.example', alarm_leads: 'lead@platform.example',
    alarm_admins: 'admin@platform.example', alarm_webhook_url: `http://127.0.0.1:${hook.port}/alarms`,
    alarm_webhook_escalated_url: `http://127.0.0.1:${last.port}/alarms`, alarm_webhook_secret_file: join(dir, 'secret'),
    alarm_role_seconds: 12, webhook_timeout_seconds: 2, alarm_messages_per_hour: 100,
  }
  d = await start(settings)
})
after(async () => {
  await d?.stop()
  for (const s of [mail, hook, last]) s?.stop()
  rmSync(dir, { recursive: true, force: true })
})

const sql = (text) => execFileSync('sqlite3', ['-cmd', '.timeout 20000', join(d.data, 'store.db'), text], { encoding: 'utf8' }).trim()
const sets = () => Object.entries(settings).flatMap(([k, v]) => ['--set', `${k}=${v}`])
const cli = (...args) => spawnSync(bin('tutela'), ['--data', d.data, '--json', ...sets(), ...args],
  { stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' })
const pass = (seconds) => { shift += seconds; cli('doctor', '--clock', String(shift)) }
const now = () => Math.floor((Date.now() / 1000 + shift) * 1e6)
const alarms = (kind) => JSON.parse(cli('alarm', 'list', '--all').stdout).alarms.filter((a) => a.kind === kind)
const opened = (kind) => until(`the alarm ${kind}`, () => alarms(kind).find((a) => a.state !== 'closed'), LONG)
const over = (kind) => until(`the end of ${kind}`, () => { const a = alarms(kind); return a.length && a.every((x) => x.state === 'closed') }, LONG)
const mailed = (pattern, to) => until(`a mail ${pattern}`, () => mail.mails.find((m) => pattern.test(m.subject + '\n' + m.text) && (!to || m.to.includes(to))), LONG)
  .catch((e) => { throw new Error(`${e.message}; there are ${mail.mails.map((m) => `${m.to}: ${m.subject}`).join('; ')}; waiting: ${sql('SELECT channel, who, what, state, attempts, error FROM alarm_notices')}`) })
const hooked = (sink, what, kind) => until(`a webhook ${what} ${kind}`, () => sink.heard.find((h) => h.status < 300 && h.body.alarms.some((a) => a.what === what && a.kind === kind)), LONG)
const processes = (role) => execFileSync('pgrep', ['-P', String(d.pid), '-f', '--', `--role ${role}`], { encoding: 'utf8' }).trim().split('\n').map(Number)
// A deadline that others set: it opens at once, and ends when it is set anew.
const deadline = (kind, ref, at) => sql(`INSERT INTO deadlines VALUES('${kind}', '${ref}', ${at}, ${at}) ON CONFLICT DO UPDATE SET warn_at = ${at}, due_at = ${at}`)

test('a test alarm goes to every reader of every channel, under TLS and signed', async () => {
  // Not spawnSync: the sinks must be able to answer meanwhile.
  const r = JSON.parse((await promisify(execFile)(bin('tutela'), ['--data', d.data, '--json', ...sets(), 'alarm', 'test'])).stdout)
  assert.deepEqual(r.messages.map((m) => `${m.channel} ${m.reader} ${m.state}`).sort(),
    ['mail admins sent', 'mail leads sent', 'mail oncall sent', 'webhook admins sent', 'webhook oncall sent'])
  assert.ok(mail.secured >= 3)
  assert.ok(hook.heard[0].signed)
  const m = mail.mails.find((x) => x.to.includes('second@platform.example'))
  assert.deepEqual(m.to, ['oncall@platform.example', 'second@platform.example'])
  assert.equal(m.subject, '[Überforum] test: Test of the alarm channels')
  assert.match(m.headers, /^Auto-Submitted: auto-generated$/m)
  assert.ok(m.raw.split('\r\n').every((line) => line.length < 200))
})

test('step by step upwards while nobody takes it on, and the all-clear to all who were told', async () => {
  deadline('backup_old', 'store', now() - 1)
  await opened('backup_old')
  await mailed(/critical: The last backup is too old/, 'oncall@platform.example')
  await hooked(hook, 'raised', 'backup_old')
  assert.ok(!mail.mails.some((m) => /backup/.test(m.text) && m.to.includes('lead@platform.example')))
  pass(16 * 60)
  await mailed(/critical: The last backup is too old/, 'lead@platform.example')
  pass(46 * 60)
  await mailed(/critical: The last backup is too old/, 'admin@platform.example')
  await hooked(last, 'escalated', 'backup_old')
  deadline('backup_old', 'store', now() + 86400e6)
  await over('backup_old')
  pass(2 * 60)
  for (const to of ['oncall', 'lead', 'admin']) await mailed(/over: The last backup is too old/, `${to}@platform.example`)
  await hooked(hook, 'over', 'backup_old')
  const m = mail.mails.find((x) => /over: .*backup/.test(x.text))
  assert.match(m.text, /This is over\./)
  assert.match(m.text, /http:\/\/127\.0\.0\.1:\d+\/console\/alarms\?id=[0-9a-f-]{36}/)
})

test('who takes it on ends the escalation; the console says who was told and when', async () => {
  const ann = await d.person('ann')
  deadline('certificate_expiry', 'api', now() - 1)
  const a = await opened('certificate_expiry')
  await mailed(/warning: A certificate runs out/)
  assert.equal((await ann.post(`alarms/${a.id}/acknowledge`)).body.owner, 'ann')
  const before = mail.mails.length
  pass(10 * 3600)
  deadline('certificate_expiry', 'api', now() + 86400e6)
  await over('certificate_expiry')
  pass(2 * 60)
  await mailed(/over: A certificate/)
  assert.ok(!mail.mails.slice(before).some((m) => /warning: A certificate/.test(m.text)))
  const later = await d.person('ann') // hours have passed
  const shown = (await later.get('alarms?state=closed')).body.alarms.find((x) => x.id === a.id)
  const history = shown.history.map((h) => `${h.what} ${h.who ?? ''}`)
  for (const line of ['opened ', 'told mail:oncall', 'told webhook:oncall', 'acknowledged ann', 'over '])
    assert.ok(history.includes(line), `${line} in ${history}`)
})

test('a mail server that grey-lists, refuses or hangs up: tried again, and the mail arrives', async () => {
  for (const mode of ['greylist', 'refuse', 'dead']) {
    mail.mode = mode
    const mails = mail.mails.length, refused = mail.refused
    deadline('key_expiry', mode, now() - 1)
    await until(`the first try (${mode})`, () => mail.refused > refused, LONG)
    mail.mode = 'ok'
    await until(`the failure is written (${mode})`, () => sql(`SELECT COUNT(*) FROM alarm_notices WHERE state = 'waiting' AND error IS NOT NULL`) !== '0', LONG)
    pass(60)
    await until(`the mail after ${mode}`, () => mail.mails.slice(mails).some((m) => /key runs out/.test(m.text)), LONG)
    deadline('key_expiry', mode, now() + 86400e6)
    await over('key_expiry')
    pass(11 * 60)
  }
})

test('a mail server that never answers, or never stops, holds up no other channel', async () => {
  for (const mode of ['silent', 'endless']) {
    mail.mode = mode
    const heard = hook.heard.length, mails = mail.mails.length
    deadline('certificate_expiry', mode, now() - 1)
    await until(`the webhook while mail is ${mode}`, () => hook.heard.slice(heard).some((h) => h.body.alarms.some((a) => a.what === 'raised')), LONG)
    await until(`the failure is written (${mode})`, () => sql(`SELECT COUNT(*) FROM alarm_notices WHERE state = 'waiting' AND error IS NOT NULL`) !== '0', LONG)
    mail.mode = 'ok'
    pass(60)
    await until(`the mail after ${mode}`, () => mail.mails.slice(mails).some((m) => /certificate runs out/.test(m.text)), LONG)
    deadline('certificate_expiry', mode, now() + 86400e6)
    await over('certificate_expiry')
    pass(11 * 60)
  }
})

test('a channel that fails again and again opens an alarm of its own, and doctor says why', async () => {
  hook.status = 500
  deadline('backup_old', 'keys', now() - 1)
  await opened('backup_old')
  for (let i = 0; i < 3; i++) {
    const n = hook.heard.length
    await until('a try', () => hook.heard.length > n || alarms('alarm_channel').some((a) => a.state !== 'closed'), LONG)
    pass(60)
  }
  const a = await opened('alarm_channel')
  assert.match(a.text, /by webhook: the receiver answered 500/)
  assert.match(cli('doctor').stdout, /did not reach oncall by webhook: the receiver answered 500/)
  await mailed(/An alarm channel fails/, 'admin@platform.example')
  hook.status = 204
  pass(15 * 60)
  await over('alarm_channel')
  deadline('backup_old', 'keys', now() + 86400e6)
})

test('who stands still is seen by another, and what it holds up too', async () => {
  await over('backup_old')
  const [clerk] = processes('clerk')
  process.kill(clerk, 'SIGSTOP')
  try {
    await opened('clerk_missing') // by the server
    await mailed(/The clerk is missing/) // by the courier
  } finally { process.kill(clerk, 'SIGCONT') }
  await over('clerk_missing')
  const [worker] = processes('worker')
  process.kill(worker, 'SIGSTOP')
  try {
    await d.api('POST', '/v1/items', { id: 'stuck-CANARY', kind: 'post', author: { id: 'canary-user' }, text: { body: 'hello' }, posted_at: '2026-11-24T07:00:00Z' })
    pass(11 * 60)
    await opened('role_missing')
    await opened('scans_stuck')
  } finally { process.kill(worker, 'SIGCONT') }
  await over('role_missing')
  await over('scans_stuck')
})

test('a role that is killed again and again', async () => {
  for (let i = 0; i < 5; i++) {
    const [worker] = await until('a worker', () => { try { return processes('worker') } catch { return null } }, LONG)
    const starts = Number(sql(`SELECT COALESCE(SUM(value), 0) FROM vitals WHERE name = 'start.worker:0'`))
    process.kill(worker, 'SIGKILL')
    await until('it is back', () => Number(sql(`SELECT COALESCE(SUM(value), 0) FROM vitals WHERE name = 'start.worker:0'`)) > starts, LONG)
  }
  const a = await opened('role_restarts')
  assert.equal(a.severity, 'critical')
  assert.match(a.remedy, /log/)
  pass(12 * 60)
  await over('role_restarts')
})

test('figures, and nothing that a platform named in any message', async () => {
  const text = await (await fetch(d.admin + '/metrics')).text()
  assert.match(text, /^tutela_alarms_open\{kind="backup_old",severity="critical"\} 0$/m)
  for (const m of mail.mails) assert.doesNotMatch(m.text + m.raw, /CANARY|canary/)
  for (const h of [...hook.heard, ...last.heard]) {
    assert.doesNotMatch(h.text, /CANARY|canary/)
    assert.ok(h.signed)
  }
  assert.doesNotMatch(d.log(), /pa ss|whsec_/)
  assert.ok(bin('tutela'))
})
