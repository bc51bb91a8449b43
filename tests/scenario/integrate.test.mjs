// The examples of doc/integrate.md, run as they stand there against a real daemon.
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { bin } from '../programs.mjs'
import { start, until } from './daemon.mjs'

const path = (p) => fileURLToPath(new URL(`../../${p}`, import.meta.url))
const page = readFileSync(path('doc/integrate.md'), 'utf8')
const block = (language, n = 0) => [...page.matchAll(new RegExp('```' + language + '\\n([\\s\\S]*?)```', 'g'))][n][1]

let d, key
before(async () => {
  if (!existsSync(path('demo/node_modules/standardwebhooks'))) execFileSync('npm', ['ci', '--silent', '--prefix', path('demo')])
  d = await start()
  key = d.tutela('key', 'add', '--platform', 'demo', '--label', 'examples').secret
})
after(() => d?.stop())

const freePort = () => new Promise((done) => {
  const s = createServer().listen(0, '127.0.0.1', () => {
    const { port } = s.address()
    s.close(() => done(port))
  })
})

function run(command, args, script, env) {
  const child = spawn(command, args, { cwd: path('demo'), env: { ...process.env, TUTELA: d.url, KEY: key, ...env } })
  const said = { out: '', err: '' }
  child.stdout.setEncoding('utf8').on('data', (t) => { said.out += t })
  child.stderr.setEncoding('utf8').on('data', (t) => { said.err += t })
  said.ended = new Promise((done) => child.on('exit', done))
  said.stop = () => child.kill('SIGKILL')
  if (script) child.stdin.end(script)
  return said
}

/** The example receives webhooks on a port of its own until its item's action is confirmed. */
async function receives(item, command, args, script) {
  const port = await freePort()
  const { secret } = d.tutela('endpoint', 'add', `http://127.0.0.1:${port}/hook`, '--platform', 'demo', '--private', '--replace')
  const said = run(command, args, script, { SECRET: secret, PORT: String(port) })
  try {
    await until(`${item} to be confirmed`, async () => {
      const { body } = await d.api('GET', `/v1/items/${item}`)
      // The example says so itself a moment after the answer that we see in the trail.
      return body?.actions?.length > 0 && body.actions.every((a) => a.state === 'confirmed') && /confirmed/.test(said.out)
    }, 30_000).catch((e) => assert.fail(`${e.message}\n${said.out}\n${said.err}`))
  } finally {
    said.stop()
    await said.ended
  }
}

test('curl: items in, trail, events out, confirmed', async () => {
  const said = run('bash', ['-s'], block('bash'), { PICTURE: path('tests/data/pdq/scene00.png') })
  assert.equal(await said.ended, 0, said.err)
  const { body } = await d.api('GET', '/v1/items/curl-1')
  assert.equal(body.verdict, 'block')
  assert.ok(body.actions.length > 0 && body.actions.every((a) => a.state === 'confirmed'), JSON.stringify(body.actions))
  assert.equal((await d.api('GET', '/v1/items/curl-2')).body.media.length, 1)
})

test('the README: publish something yourself', async () => {
  const [, command] = readFileSync(path('README.md'), 'utf8').match(/```\n( *curl [\s\S]*?)```/)
  const said = run('bash', ['-s'], command.replace("'http://localhost:8080/v1/items?wait=500'", '"$TUTELA/v1/items?wait=500"').replace('$(cat var/demo/key)', '$KEY'))
  assert.equal(await said.ended, 0, said.err)
  assert.equal(JSON.parse(said.out).verdict, 'review', said.out)
})

test('Python: an item in, webhooks verified and confirmed', () => receives('python-1', 'python3', ['-c', block('python')]))

test('Node: an item in, webhooks verified and confirmed', () => receives('node-1', 'node', ['--input-type=module'], block('js')))

test('a live stream: segments with verdicts, a stop that comes while it runs, confirmed', async () => {
  const picture = path('tests/data/pdq/scene04.png')
  const hash = execFileSync(bin('tutela'), ['hash', picture], { encoding: 'utf8' }).trim().split('\t')[2]
  d.tutela('bank', 'add', 'demo-known', hash)
  const said = run('python3', ['-c', block('python', 1)], null, { PICTURE: picture })
  assert.equal(await said.ended, 0, said.err)
  assert.match(said.out, /confirmed/)
  const { body } = await d.api('GET', '/v1/items/stream-7')
  assert.deepEqual([body.stream.state, body.stream.ended_by], ['stopped', 'action'])
})

test('doc/contacts.md: every example runs, and answers what the page says', () => {
  const text = readFileSync(path('doc/contacts.md'), 'utf8')
  const scripts = [...text.matchAll(/```sh\n([\s\S]*?)```/g)].map((m) => m[1])
  const lines = scripts.map((script) => execFileSync('bash', ['-c', script], { encoding: 'utf8', env: { ...process.env, TUTELA_URL: d.url, TUTELA_KEY: key } }).trim().split('\n').map((l) => JSON.parse(l)))
  assert.deepEqual(lines.slice(0, 2), [[{ applied: true, safety_notice: null }], [{ line: 1, applied: true }, { line: 2, applied: true }]])
  assert.deepEqual(lines.slice(2).map((answers) => answers.map((a) => [a.outcome, a.why])), [[['deny', 'sender_messages_off']], [['deny', 'friends_only'], ['allow', 'accepted']]])
})
