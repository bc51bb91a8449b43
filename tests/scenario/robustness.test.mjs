// Known videos and sounds after edits: the small set of ./bench robustness, generated, edited, decoded in the jail.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { bin } from '../programs.mjs'

test('copies of known videos and sounds are found, and nothing else', { timeout: 300000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tutela-robust-'))
  try {
    const decoder = bin('tutela-decode')
    const { stdout } = await promisify(execFile)(join(decoder, '../../../benchmarks/bench_robustness'), ['--small', decoder, folder])
    const figures = JSON.parse(stdout.trim().split('\n').at(-1))
    assert.equal(figures.video_recall, 1, stdout)
    assert.equal(figures.sound_recall, 1, stdout)
    assert.equal(figures.sound_found_again, 1, stdout)
    assert.equal(figures.video_false_matches + figures.sound_false_matches, 0, stdout)
    assert.ok(figures.video_pairs >= 20 && figures.sound_pairs >= 20)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
