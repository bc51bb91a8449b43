// Alarms reach people: by mail and webhook, step by step, with the all-clear; channels that fail are tried again and
// said; roles that stand still are seen by another; a changed row of the chain is found. Months pass by the steerable
// clock. What must be waited for is the looks of the watchers, so four installations wait at the same time.
import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { bin } from '../programs.mjs'
import { start, until } from './daemon.mjs'
import { hookSink, mailSink } from '../sinks.mjs'

const secret = 'whsec_' + Buffer.from('a secret of thirty-two bytes, ok').toString('base64')
const dir = mkdtempSync(join(tmpdir(), 'tutela-alarms-'))
const LONG = 120_000
// Not execFileSync: the sinks of all of them must be able to answer meanwhile.
const run = async (program, args) => {
  const child = promisify(execFile)(program, args, { encoding: 'utf8' })
  child.child.stdin.end()
  return (await child).stdout
}

before(() => {
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', join(dir, 'key'), '-out', join(dir, 'cert'),
    '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'], { stdio: 'ignore' })
  writeFileSync(join(dir, 'password'), 'pa ss\n')
  writeFileSync(join(dir, 'secret'), secret + '\n')
})
after(() => rmSync(dir, { recursive: true, force: true }))

/** An installation whose alarms go to sinks of its own. */
class Site {
  shift = 0

  async start(more = {}) {
    this.mail = await mailSink({ tls: { key: readFileSync(join(dir, 'key')), cert: readFileSync(join(dir, 'cert')) }, user: 'tutela', password: 'pa ss' })
    this.hook = await hookSink(secret)
    this.last = await hookSink(secret)
    this.settings = {
      service_name: 'Überforum', alarm_mail_server: `smtp://127.0.0.1:${this.mail.port}`, alarm_mail_from: 'tutela@platform.example',
      alarm_mail_user: 'tutela', alarm_mail_password_file: join(dir, 'password'), alarm_ca_file: join(dir, 'cert'),
      alarm_oncall: 'oncall@platform.example,second@platform.example', alarm_leads: 'lead@platform.example',
      alarm_admins: 'admin@platform.example', alarm_webhook_url: `http://127.0.0.1:${this.hook.port}/alarms`,
      alarm_webhook_escalated_url: `http://127.0.0.1:${this.last.port}/alarms`, alarm_webhook_secret_file: join(dir, 'secret'),
      webhook_timeout_seconds: 2, alarm_messages_per_hour: 100, ...more,
    }
    this.d = await start(this.settings)
  }

  async stop() {
    await this.d?.stop()
    for (const s of [this.mail, this.hook, this.last]) s?.stop()
  }

  async sql(text) { return (await run('sqlite3', ['-cmd', '.timeout 20000', join(this.d.data, 'store.db'), text])).trim() }
  args(...args) { return ['--data', this.d.data, '--json', ...Object.entries(this.settings).flatMap(([k, v]) => ['--set', `${k}=${v}`]), ...args] }
  cli(...args) { return run(bin('tutela'), this.args(...args)) }
  /** It ends with 1 when it found something. */
  doctor(...args) { return this.cli('doctor', ...args).catch((e) => e.stdout) }
  pass(seconds) { this.shift += seconds; return this.doctor('--clock', String(this.shift)) }
  now() { return Math.floor((Date.now() / 1000 + this.shift) * 1e6) }
  async alarms(kind) { return JSON.parse(await this.cli('alarm', 'list', '--all')).alarms.filter((a) => a.kind === kind) }
  opened(kind) { return until(`the alarm ${kind}`, async () => (await this.alarms(kind)).find((a) => a.state !== 'closed'), LONG) }
  over(kind) { return until(`the end of ${kind}`, async () => { const a = await this.alarms(kind); return a.length && a.every((x) => x.state === 'closed') }, LONG) }

  async mailed(pattern, to) {
    const { mails } = this.mail
    try {
      return await until(`a mail ${pattern}`, () => mails.find((m) => pattern.test(m.subject + '\n' + m.text) && (!to || m.to.includes(to))), LONG)
    } catch (e) {
      throw new Error(`${e.message}; there are ${mails.map((m) => `${m.to}: ${m.subject}`).join('; ')}; waiting: ${await this.sql('SELECT channel, who, what, state, attempts, error FROM alarm_notices')}`)
    }
  }

  hooked(sink, what, kind) { return until(`a webhook ${what} ${kind}`, () => sink.heard.find((h) => h.status < 300 && h.body.alarms.some((a) => a.what === what && a.kind === kind)), LONG) }
  async processes(role) { return (await run('pgrep', ['-P', String(this.d.pid), '-f', '--', `--role ${role}`])).trim().split('\n').map(Number) }
  /** A deadline that others set: it opens at once, and ends when it is set anew. */
  deadline(kind, ref, at) { return this.sql(`INSERT INTO deadlines VALUES('${kind}', '${ref}', ${at}, ${at}) ON CONFLICT DO UPDATE SET warn_at = ${at}, due_at = ${at}`) }
  failures() { return this.sql(`SELECT COUNT(*) FROM alarm_notices WHERE state = 'waiting' AND error IS NOT NULL`) }
}

/** Tests one after the other on one installation; the groups beside each other. */
const group = (name, settings, tests) => describe(name, { concurrency: 1 }, () => {
  const s = new Site()
  before(() => s.start(settings))
  after(() => s.stop())
  tests(s)
  test(`nothing that a platform named in any message, no secret in the log (${name})`, () => {
    assert.ok(s.mail.mails.length > 0 && s.hook.heard.length > 0)
    for (const m of s.mail.mails) assert.doesNotMatch(m.text + m.raw, /CANARY|canary/)
    for (const h of [...s.hook.heard, ...s.last.heard]) {
      assert.doesNotMatch(h.text, /CANARY|canary/)
      assert.ok(h.signed)
    }
    assert.doesNotMatch(s.d.log(), /pa ss|whsec_/)
  })
})

describe('alarms', { concurrency: 4 }, () => {
  group('steps', {}, (s) => {
    test('a test alarm goes to every reader of every channel, under TLS and signed', async () => {
      const r = JSON.parse(await s.cli('alarm', 'test'))
      assert.deepEqual(r.messages.map((m) => `${m.channel} ${m.reader} ${m.state}`).sort(),
        ['mail admins sent', 'mail leads sent', 'mail oncall sent', 'webhook admins sent', 'webhook oncall sent'])
      assert.ok(s.mail.secured >= 3)
      assert.ok(s.hook.heard[0].signed)
      const m = s.mail.mails.find((x) => x.to.includes('second@platform.example'))
      assert.deepEqual(m.to, ['oncall@platform.example', 'second@platform.example'])
      assert.equal(m.subject, '[Überforum] test: Test of the alarm channels')
      assert.match(m.headers, /^Auto-Submitted: auto-generated$/m)
      assert.ok(m.raw.split('\r\n').every((line) => line.length < 200))
    })

    test('step by step upwards while nobody takes it on, and the all-clear to all who were told', async () => {
      await s.deadline('backup_old', 'store', s.now() - 1)
      await s.opened('backup_old')
      await s.mailed(/critical: The last backup is too old/, 'oncall@platform.example')
      await s.hooked(s.hook, 'raised', 'backup_old')
      assert.ok(!s.mail.mails.some((m) => /backup/.test(m.text) && m.to.includes('lead@platform.example')))
      await s.pass(16 * 60)
      await s.mailed(/critical: The last backup is too old/, 'lead@platform.example')
      await s.pass(46 * 60)
      await s.mailed(/critical: The last backup is too old/, 'admin@platform.example')
      await s.hooked(s.last, 'escalated', 'backup_old')
      await s.deadline('backup_old', 'store', s.now() + 86400e6)
      await s.over('backup_old')
      await s.pass(2 * 60)
      for (const to of ['oncall', 'lead', 'admin']) await s.mailed(/over: The last backup is too old/, `${to}@platform.example`)
      await s.hooked(s.hook, 'over', 'backup_old')
      const m = s.mail.mails.find((x) => /over: .*backup/.test(x.text))
      assert.match(m.text, /This is over\./)
      assert.match(m.text, /http:\/\/127\.0\.0\.1:\d+\/console\/alarms\?id=[0-9a-f-]{36}/)
    })

    test('who takes it on ends the escalation; the console says who was told and when', async () => {
      const ann = await s.d.person('ann')
      await s.deadline('certificate_expiry', 'api', s.now() - 1)
      const a = await s.opened('certificate_expiry')
      await s.mailed(/warning: A certificate runs out/)
      assert.equal((await ann.post(`alarms/${a.id}/acknowledge`)).body.owner, 'ann')
      const before = s.mail.mails.length
      await s.pass(10 * 3600)
      await s.deadline('certificate_expiry', 'api', s.now() + 86400e6)
      await s.over('certificate_expiry')
      await s.pass(2 * 60)
      await s.mailed(/over: A certificate/)
      assert.ok(!s.mail.mails.slice(before).some((m) => /warning: A certificate/.test(m.text)))
      const later = await s.d.person('ann') // hours have passed
      const shown = (await later.get('alarms?state=closed')).body.alarms.find((x) => x.id === a.id)
      const history = shown.history.map((h) => `${h.what} ${h.who ?? ''}`)
      for (const line of ['opened ', 'told mail:oncall', 'told webhook:oncall', 'acknowledged ann', 'over '])
        assert.ok(history.includes(line), `${line} in ${history}`)
    })

    test('a channel that fails again and again opens an alarm of its own, and doctor says why', async () => {
      s.hook.status = 500
      await s.deadline('backup_old', 'keys', s.now() - 1)
      await s.opened('backup_old')
      for (let i = 0; i < 3; i++) {
        const n = s.hook.heard.length
        await until('a try', async () => s.hook.heard.length > n || (await s.alarms('alarm_channel')).some((a) => a.state !== 'closed'), LONG)
        await s.pass(60)
      }
      const a = await s.opened('alarm_channel')
      assert.match(a.text, /by webhook: the receiver answered 500/)
      assert.match(await s.doctor(), /did not reach oncall by webhook: the receiver answered 500/)
      await s.mailed(/An alarm channel fails/, 'admin@platform.example')
      s.hook.status = 204
      await s.pass(15 * 60)
      await s.over('alarm_channel')
      await s.deadline('backup_old', 'keys', s.now() + 86400e6)
      await s.over('backup_old')
      const text = await (await fetch(s.d.admin + '/metrics')).text()
      assert.match(text, /^tutela_alarms_open\{kind="backup_old",severity="critical"\} 0$/m)
      assert.match(text, /^tutela_alarms_open\{kind="clerk_missing",severity="critical"\} 0$/m)
    })
  })

  group('mail servers', {}, (s) => {
    test('a mail server that grey-lists, refuses or hangs up: tried again, and the mail arrives', async () => {
      const modes = ['greylist', 'refuse', 'dead']
      for (const mode of modes) {
        s.mail.mode = mode
        const mails = s.mail.mails.length, refused = s.mail.refused
        await s.deadline('key_expiry', mode, s.now() - 1)
        await until(`the first try (${mode})`, () => s.mail.refused > refused, LONG)
        s.mail.mode = 'ok'
        await until(`the failure is written (${mode})`, async () => await s.failures() !== '0', LONG)
        await s.pass(60)
        await until(`the mail after ${mode}`, () => s.mail.mails.slice(mails).some((m) => /key runs out/.test(m.text)), LONG)
      }
      for (const mode of modes) await s.deadline('key_expiry', mode, s.now() + 86400e6)
      await s.over('key_expiry')
    })

    test('a mail server that never answers, or never stops, holds up no other channel', async () => {
      const modes = ['silent', 'endless']
      for (const mode of modes) {
        s.mail.mode = mode
        const heard = s.hook.heard.length, mails = s.mail.mails.length
        await s.deadline('certificate_expiry', mode, s.now() - 1)
        await until(`the webhook while mail is ${mode}`, () => s.hook.heard.slice(heard).some((h) => h.body.alarms.some((a) => a.what === 'raised')), LONG)
        await until(`the failure is written (${mode})`, async () => await s.failures() !== '0', LONG)
        s.mail.mode = 'ok'
        await s.pass(60)
        await until(`the mail after ${mode}`, () => s.mail.mails.slice(mails).some((m) => /certificate runs out/.test(m.text)), LONG)
      }
      for (const mode of modes) await s.deadline('certificate_expiry', mode, s.now() + 86400e6)
      await s.over('certificate_expiry')
    })
  })

  group('roles', { alarm_role_seconds: 12 }, (s) => {
    test('who stands still is seen by another, and what it holds up too', async () => {
      const [clerk] = await s.processes('clerk')
      process.kill(clerk, 'SIGSTOP')
      try {
        await s.opened('clerk_missing') // by the server
        await s.mailed(/The clerk is missing/) // by the courier
      } finally { process.kill(clerk, 'SIGCONT') }
      await s.over('clerk_missing')
      const [worker] = await s.processes('worker')
      process.kill(worker, 'SIGSTOP')
      try {
        await s.d.api('POST', '/v1/items', { id: 'stuck-CANARY', kind: 'post', author: { id: 'canary-user' }, text: { body: 'hello' }, posted_at: '2026-11-24T07:00:00Z' })
        await s.pass(11 * 60)
        await s.opened('role_missing')
        await s.opened('scans_stuck')
      } finally { process.kill(worker, 'SIGCONT') }
      await s.over('role_missing')
      await s.over('scans_stuck')
    })

    test('a role that is killed again and again', async () => {
      const starts = async () => Number(await s.sql(`SELECT COALESCE(SUM(value), 0) FROM vitals WHERE name = 'start.worker:0'`))
      for (let i = 0; i < 5; i++) {
        const [worker] = await until('a worker', () => s.processes('worker').catch(() => null), LONG)
        const before = await starts()
        process.kill(worker, 'SIGKILL')
        await until('it is back', async () => await starts() > before, LONG)
      }
      const a = await s.opened('role_restarts')
      assert.equal(a.severity, 'critical')
      assert.match(a.remedy, /log/)
      await s.pass(12 * 60)
      await s.over('role_restarts')
    })
  })

  group('chain', {}, (s) => {
    test('a row changed behind our back is found, and found again when somebody closes it too early', async () => {
      await until('a sealed row', async () => await s.sql('SELECT COUNT(*) FROM audit WHERE seq = 3') === '1', LONG)
      await s.sql("DROP TRIGGER audit_kept; UPDATE audit SET actor = 'nobody' WHERE seq = 3")
      const a = await s.opened('chain_broken')
      assert.equal(a.severity, 'critical')
      assert.match(a.text, /At number 3 of the chain/)
      await s.mailed(/critical: The hash chain is broken/, 'admin@platform.example')
      assert.equal((await s.alarms('chain_broken')).length, 1)
      await s.cli('alarm', 'close', a.id)
      await s.opened('chain_broken') // it is still broken: the next round says so
    })
  })
})
