import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KEYS, keyLabel } from '../src/app/keys.tbl.ts'

test('no two keys of Work mean different things, and none hides one that acts everywhere', () => {
  const seen = new Map<string, string>()
  for (const row of KEYS.filter((r) => r.scope !== 'Lists' && r.keys !== 'a-z')) {
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
