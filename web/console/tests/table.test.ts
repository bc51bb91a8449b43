import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sorted } from '../src/ui/sort.ts'

const columns = [{ name: 'n', by: (r: { n: number }) => r.n }, { name: 'x' }]
const rows = [{ n: 2 }, { n: 1 }, { n: 3 }]

test('sorts up, down, and not at all', () => {
  assert.deepEqual(sorted(rows, columns, 'n').map((r) => r.n), [1, 2, 3])
  assert.deepEqual(sorted(rows, columns, '-n').map((r) => r.n), [3, 2, 1])
  assert.equal(sorted(rows, columns, null), rows)
  assert.equal(sorted(rows, columns, 'x'), rows)
  assert.equal(sorted(rows, columns, 'nonsense'), rows)
})
