// The demo's own promises: what is written down is what its programs make, and it is as large as it says.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { bin, root } from '../programs.mjs'

const path = (p) => join(root, p)
const expected = readFileSync(path('demo/expected.tsv'), 'utf8')

test('expected.tsv is what the scene prints', () => {
  assert.equal(execFileSync('node', [path('demo/scene.mjs')], { encoding: 'utf8' }), expected)
})

test('there are enough items, pictures and policies', () => {
  const rows = expected.trim().split('\n').slice(1).map((l) => l.split('\t'))
  assert.ok(rows.length >= 220, `${rows.length} items`)
  assert.ok(rows.filter((r) => Number(r[2]) > 0).length >= 40)
  assert.ok(rows.some((r) => Number(r[2]) > 1))
  assert.ok(new Set(rows.map((r) => r[5]).filter((p) => p !== '-')).size >= 12)
  for (const verdict of ['allow', 'review', 'withhold', 'block']) assert.ok(rows.some((r) => r[4] === verdict), verdict)
  assert.equal(new Set(rows.map((r) => r[0])).size, rows.length)
})

test('the seeds are what the drawn pictures hash to', () => {
  execFileSync('node', [path('demo/seed.mjs'), '--tutela', bin('tutela'), '--check'])
})
