// One installation of the built programs: its own data folder, free ports, its life and its deaths. What a test file needs
// besides (people, a platform, keys) is laid on top: contract/installation.mjs, scenario/daemon.mjs, crash/.
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bin, freePort, until } from './programs.mjs'

export const password = 'correct horse battery staple'

/** Every process of this machine that can be read: [pid, parent, arguments]. */
function processes() {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).flatMap((pid) => {
    try {
      const parent = /^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]
      return [[Number(pid), Number(parent), readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')]]
    } catch {
      return [] // it has ended meanwhile
    }
  })
}

export class Installation {
  log = ''

  /** `init` says what `tutela init` is told besides the folder; null: nothing is made yet. `name`: of this machine, as browsers see it. */
  static async create({ prefix = 'tutela-', sets = {}, name = '127.0.0.1', init = ['--admin', 'ann', '--platform', 'demo'] } = {}) {
    const it = new Installation()
    it.data = mkdtempSync(join(tmpdir(), prefix))
    ;[it.port, it.adminPort] = [await freePort(), await freePort()]
    it.url = `http://127.0.0.1:${it.port}`
    it.admin = `http://127.0.0.1:${it.adminPort}`
    it.sets = { listen: `127.0.0.1:${it.port}`, admin_listen: `127.0.0.1:${it.adminPort}`, public_url: `http://${name}:${it.port}`, ...sets }
    if (init) it.tutela('init', '--password-stdin', ...init)
    return it
  }

  /** The command line, in JSON; it reads the password when it is told to. */
  tutela(...args) {
    const asked = args.includes('--password-stdin')
    return JSON.parse(execFileSync(bin('tutela'), ['--data', this.data, '--json', ...args],
      { ...(asked && { input: password + '\n' }), encoding: 'utf8', stdio: [asked ? 'pipe' : 'ignore', 'pipe', 'pipe'] }) || 'null')
  }

  /** Starts the daemon and waits until it answers; `ready: null` waits for nothing. `group`: it leads a process group. */
  async start({ ready = 'readyz', rules = false, group = false } = {}) {
    const from = this.log.length
    this.child = spawn(bin('tutelad'), ['--data', this.data, ...(this.testing ? ['--testing'] : []), ...Object.entries(this.sets).flatMap(([k, v]) => ['--set', `${k}=${v}`])],
      { stdio: ['ignore', 'ignore', 'pipe'], detached: group })
    this.group = group
    this.child.stderr.setEncoding('utf8').on('data', (text) => { this.log += text })
    this.ended = new Promise((done) => this.child.once('exit', () => done(this.child.exitCode)))
    try {
      if (ready) await this.ready(ready)
      if (rules) await until('the rules', () => /RULES_LOADED/.test(this.log.slice(from)))
    } catch (error) {
      this.killAll()
      throw new Error(`${error.message}\n${this.log.slice(-3000)}`)
    }
  }

  async ready(probe = 'readyz') {
    await until('readiness', () => this.gone ? Promise.reject(new Error('the daemon has ended'))
      : fetch(`${this.admin}/${probe}`).then((r) => r.ok, () => false))
  }

  get pid() { return this.child.pid }
  get gone() { return this.child.exitCode !== null || this.child.signalCode !== null }

  /** The processes of the roles: [{pid, role}]. */
  roles() {
    return processes().filter(([, parent, args]) => parent === this.pid && args.includes('--role'))
      .map(([pid, , args]) => ({ pid, role: args[args.indexOf('--role') + 1] }))
  }

  /** What the roles started: the decoders in their jails. */
  jails() {
    const roles = new Set(this.roles().map((r) => r.pid))
    const all = processes()
    const first = all.filter(([, parent]) => roles.has(parent)).map(([pid]) => pid)
    return all.filter(([pid, parent]) => first.includes(pid) || first.includes(parent)).map(([pid]) => pid)
  }

  kill(role, signal = 'SIGKILL') {
    process.kill(this.roles().find((r) => r.role === role).pid, signal)
  }

  /** The supervisor and all that it started: at once when it leads a group, else they follow it. */
  killAll() {
    try {
      process.kill(this.group ? -this.pid : this.pid, 'SIGKILL')
    } catch {
      // gone already
    }
  }

  async stop() {
    if (!this.child || this.gone) return this.child?.exitCode
    this.child.kill('SIGTERM')
    return this.ended
  }

  /** Stops, removes the folder, and says so when a sanitizer had something to say. */
  async end() {
    await this.stop()
    rmSync(this.data, { recursive: true, force: true })
    const found = /(WARNING|ERROR): \w+Sanitizer[\s\S]{0,3000}|runtime error:.*/.exec(this.log)
    if (found) throw new Error(found[0])
  }
}
