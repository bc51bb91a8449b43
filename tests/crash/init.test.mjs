// `tutela init` and every migration die in the middle; done again, the installation is whole and runs.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Installation } from '../installation.mjs'
import { KillPoints, table } from './killpoints.mjs'

const EACH = 5
const names = [...table.filter((p) => p.role === 'cli').map((p) => p.name), 'migration.before']

const init = (it) => it.tutela('init', '--admin', 'ann', '--platform', 'demo', '--password-stdin')
const query = (it, sql) => execFileSync('sqlite3', ['-readonly', join(it.data, 'store.db'), sql], { encoding: 'utf8' }).trim()

/** How many migrations a new store goes through: the deaths are spread over all of them. */
async function migrations() {
  const it = await Installation.create()
  const n = Number(query(it, 'PRAGMA user_version'))
  await it.end()
  return n
}

test('init dies at each of its points, is done again, and the daemon starts on what it made', async () => {
  const versions = await migrations()
  for (const name of names) {
    const deaths = name === 'migration.before' ? Math.max(EACH, versions) : EACH
    for (let i = 0; i < deaths; i++) {
      const it = await Installation.create({ init: null })
      const points = new KillPoints(it.data)
      points.arm(name, name === 'migration.before' ? 1 + (i % versions) : 1)
      assert.throws(() => init(it), { signal: 'SIGKILL' })
      assert.equal(points.kills(name), 1, name)
      const key = readFileSync(join(it.data, 'master.key'), 'utf8')
      init(it)
      points.close()
      assert.equal(readFileSync(join(it.data, 'master.key'), 'utf8'), key, 'the key stays')
      assert.equal(query(it, 'PRAGMA user_version'), String(versions))
      assert.equal(query(it, 'SELECT COUNT(*) FROM users'), '1')
      assert.equal(query(it, 'SELECT COUNT(*) FROM platforms'), '1')
      if (i === deaths - 1) await it.start({ rules: true })
      await it.end()
    }
  }
})
