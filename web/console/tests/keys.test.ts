import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { KEYS, keyLabel } from '../src/app/keys.tbl.ts'

test('no two keys of Work mean different things, and none hides one that acts everywhere', () => {
  const seen = new Map<string, string>()
  for (const row of KEYS.filter((r) => r.scope !== 'Lists' && r.scope !== 'Clip' && r.keys !== 'a-z')) {
    assert.equal(seen.get(row.keys), undefined, `${row.keys} stands twice`)
    seen.set(row.keys, row.command)
  }
})

test('every row can be printed and explained', () => {
  for (const row of KEYS) {
    assert.ok(row.label && row.help && !row.help.endsWith('.'), row.command)
  }
  assert.equal(keyLabel('work.decide'), 'Enter')
  assert.equal(keyLabel('none'), '')
})

test('the moderators\' page prints the same table', () => {
  const file = '../doc/moderate.md'
  const page = readFileSync(file, 'utf8')
  const head = page.slice(0, page.indexOf('<!-- keys -->') + '<!-- keys -->'.length)
  const rows = KEYS.map((row) => `| ${row.scope} | \`${row.label}\` | ${row.help} |`)
  const wanted = `${head}\n| where | key | what |\n| --- | --- | --- |\n${rows.join('\n')}\n`
  if (process.env.UPDATE) writeFileSync(file, wanted)
  assert.equal(readFileSync(file, 'utf8'), wanted, 'run UPDATE=1 npm test in web/ after changing keys')
})
