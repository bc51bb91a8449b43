// ./run refuses, before it does anything, what would harm: somebody's data, somebody's ports.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const run = fileURLToPath(new URL('../../run', import.meta.url))

test('a check never empties a folder that is not the demo’s', (t) => {
  const data = mkdtempSync(join(tmpdir(), 'tutela-run-'))
  t.after(() => rmSync(data, { recursive: true }))
  writeFileSync(join(data, 'store.db'), 'precious')
  const r = spawnSync(run, ['--check', '--data', data], { encoding: 'utf8' })
  assert.equal(r.status, 1)
  assert.match(r.stderr, /holds something that is not the demo's/)
  assert.ok(existsSync(join(data, 'store.db')))
})

test('a port that is taken is said before anything is made', async (t) => {
  const server = createServer().listen(0, '127.0.0.1')
  t.after(() => server.close())
  await new Promise((done) => server.on('listening', done))
  const { port } = server.address()
  const data = join(tmpdir(), `tutela-run-none-${process.pid}`)
  const child = spawn(run, ['--port', String(port), '--data', data])
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text) => { said += text })
  assert.equal(await new Promise((done) => child.on('exit', done)), 1)
  assert.match(said, new RegExp(`something listens on port ${port} already`))
  assert.ok(!existsSync(data))
})

test('what it does not know ends with its usage', () => {
  const r = spawnSync(run, ['--chekc'], { encoding: 'utf8' })
  assert.equal(r.status, 2)
  assert.match(r.stderr, /--check/)
})
