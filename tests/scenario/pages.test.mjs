// The pages for people who run Tutela: every command line in them is one that the program knows, every configuration key is
// one that exists, and what doc/install.md says is installed is installed and works from there.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { bin, root } from '../programs.mjs'

const pages = ['README.md', ...readdirSync(join(root, 'doc')).filter((name) => name.endsWith('.md') && name !== 'integrate.md').map((name) => `doc/${name}`)] // integrate.md has a test of its own
const { commands } = JSON.parse(execFileSync(bin('tutela'), ['help', '--json'], { encoding: 'utf8' }))
const GLOBAL = { data: true, json: false, set: true, help: false }

/** The words of a shell line. */
const words = (line) => [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map((m) => m[1] ?? m[2] ?? m[3])

/** What is code on a page, a line each; in blocks an explanation may stand behind two spaces or more. */
function codeOf(text) {
  const lines = []
  let inside = false
  for (const line of text.split('\n')) {
    if (/^```/.test(line)) inside = !inside
    else if (inside) lines.push(line.replace(/^\s+/, '').replace(/\\$/, '').split(/ {2,}(?=\S)(?!--)/)[0].split(' #')[0])
    else for (const m of line.matchAll(/`([^`]+)`/g)) lines.push(m[1])
  }
  return lines.map((line) => line.trim())
}

function wrong(line) {
  let rest = words(line.replace(/^runuser -u tutela -- /, '').replace(/[|<>].*$/, '')).slice(1)
  const plain = []
  const options = []
  for (let i = 0; i < rest.length; i++) {
    const m = /^--([a-z-]+)(=.*)?$/.exec(rest[i])
    if (m) options.push([m[1], i])
    else if (/^-/.test(rest[i])) return `a short option ${rest[i]}`
    else plain.push(rest[i])
  }
  const takes = new Set()
  // Values of options are no words of the command.
  const known = new Map(Object.entries(GLOBAL))
  for (const c of commands) for (const o of c.options) if (o.arg) takes.add(o.name)
  const bare = []
  for (let i = 0; i < rest.length; i++) {
    const m = /^--([a-z-]+)(=.*)?$/.exec(rest[i])
    if (!m) bare.push(rest[i])
    else if (!m[2] && (known.get(m[1]) === true || takes.has(m[1]))) i++
  }
  if (!bare.length) return null // `tutela --data X` alone
  const command = commands.filter((c) => (bare.join(' ') + ' ').startsWith(c.name + ' ')).sort((a, b) => b.name.length - a.name.length)[0]
  if (!command) return commands.some((c) => c.name.startsWith(bare[0] + ' ')) && bare.length === 1 ? null : 'no such command'
  for (const [name] of options) if (!(name in GLOBAL) && !command.options.some((o) => o.name === name)) return `no option --${name}`
  return null
}

test('every command line on a page is one that the program knows', () => {
  const found = []
  let seen = 0
  for (const page of pages) {
    for (const line of codeOf(readFileSync(join(root, page), 'utf8'))) {
      if (!/^(runuser -u tutela -- )?tutela( |$)/.test(line)) continue
      seen++
      const why = wrong(line)
      if (why) found.push(`${page}: ${line}: ${why}`)
    }
  }
  assert.ok(seen > 60, `${seen} lines`)
  assert.deepEqual(found, [])
})

test('every configuration key named on an operator’s page exists', () => {
  const keys = new Set([...readFileSync(join(root, 'src/config/keys.tbl.h'), 'utf8').matchAll(/^K\((\w+)/gm)].map((m) => m[1]))
  const found = []
  for (const page of ['install', 'upgrade', 'backup', 'keys', 'incident', 'operate']) {
    const text = readFileSync(join(root, `doc/${page}.md`), 'utf8')
    for (const [, name] of text.matchAll(/`([a-z]+(?:_[a-z]+)+)`/g)) {
      const others = ['automatic_actions', 'observe_only', 'backup_old']
      const alarms = readFileSync(join(root, 'src/core/alarms.tbl.h'), 'utf8')
      if (!keys.has(name) && !others.includes(name) && !alarms.includes(`"${name}"`)) found.push(`${page}: ${name}`)
    }
    for (const [, name] of text.matchAll(/--set ([a-z_]+)=/g)) if (!keys.has(name)) found.push(`${page}: --set ${name}`)
  }
  assert.deepEqual(found, [])
})

test('what is installed is whole and works from where it is', (t) => {
  const at = mkdtempSync(join(tmpdir(), 'tutela-install-'))
  t.after(() => rmSync(at, { recursive: true, force: true }))
  const made = spawnSync('meson', ['install', '-C', join(bin('tutela'), '../../..'), '--no-rebuild', '--quiet'], { encoding: 'utf8', env: { ...process.env, DESTDIR: at } })
  assert.equal(made.status, 0, made.stderr)
  const prefix = join(at, 'usr/local') // the page says --prefix=/usr
  for (const file of ['bin/tutelad', 'bin/tutela', 'bin/tutela-decode', 'share/tutela/policy/policies.yaml', 'lib/systemd/system/tutela.service',
    'lib/sysusers.d/tutela.conf', 'share/man/man1/tutela.1', 'share/bash-completion/completions/tutela.bash', 'share/zsh/site-functions/_tutela'])
    assert.ok(existsSync(join(prefix, file)), file)
  const data = join(at, 'data')
  const tutela = (...args) => spawnSync(join(prefix, 'bin/tutela'), ['--data', data, ...args], { encoding: 'utf8', cwd: '/' })
  assert.equal(tutela('init', '--admin', 'alex', '--platform', 'flip').status, 0)
  assert.ok(existsSync(join(data, 'policy/policies.yaml')))
  assert.match(tutela('hash', join(root, 'tests/data/media/scene04-progressive.jpg')).stdout, /\t\d+\t[0-9a-f]{64}/, 'the jail is found beside it')
  assert.equal(tutela('rule', 'check').status, 0)
})
