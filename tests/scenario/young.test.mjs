// Tools for young people in a running installation: what searches and comments are told, that nothing of them is kept, what actions do to
// the answers and back again, and the examples of doc/young-people.md.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { bin, root } from '../programs.mjs'
import { start, until } from './daemon.mjs'

let d, key
before(async () => {
  d = await start()
  key = d.tutela('key', 'add', '--platform', 'demo', '--label', 'young').secret
  await d.api('PUT', '/v1/accounts/teen', { age_band: '13-15', country: 'DE', language: 'de' })
})
after(() => d?.stop())

const ask = async (path, body) => {
  const { status, body: answer } = await d.api('POST', path, body)
  assert.equal(status, 200, JSON.stringify(answer))
  return answer
}

const sql = (text) => execFileSync('sqlite3', ['-readonly', join(d.data, 'store.db'), text], { encoding: 'utf8' }).trim()

function* files(dir) {
  for (const name of readdirSync(dir)) {
    const path = join(dir, name)
    if (statSync(path).isDirectory()) yield* files(path)
    else yield path
  }
}

describe('tools for young people', { concurrency: 1 }, () => {
  test('nothing of a search is kept, only that there was one', async () => {
    const said = await ask('/v1/search/check', { query: 'canary-of-a-search DEMO-SELF-HARM-WORD', account: 'teen' })
    assert.equal(said.answer, 'block')
    await until('the figure', () => sql("SELECT SUM(n) FROM intervention_counts WHERE list = 'self-harm' AND country = 'DE' AND age_band = '13-15' AND said = 'block'") === '1')
    assert.equal((await ask('/v1/search/check', { query: 'canary-of-a-search', account: 'teen' })).answer, 'nothing')
    await d.halt()
    let seen = 0
    for (const path of files(d.data)) {
      seen++
      assert.ok(!/canary-of-a-search/i.test(readFileSync(path, 'latin1')), path)
    }
    assert.ok(seen > 5)
    assert.ok(!/canary-of-a-search/i.test(d.log()))
    await d.resume()
  })

  test('the examples of the page', () => {
    const page = readFileSync(join(root, 'doc/young-people.md'), 'utf8')
    for (const [, block] of page.matchAll(/```sh\n([\s\S]*?)```/g)) {
      const out = execFileSync('bash', ['-euc', block.replaceAll(/^tutela /gm, `${bin('tutela')} --data ${d.data} `)], { encoding: 'utf8', env: { ...process.env, TUTELA_URL: d.url, TUTELA_KEY: key } })
      for (const line of out.split('\n').filter((l) => l.startsWith('{'))) assert.ok(!/"status":4/.test(line), line)
    }
  })
})
