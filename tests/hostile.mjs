// The hostile files: made from a seed by make_hostile.py, each with its row of data/media/hostile.tsv.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from './programs.mjs'

export const data = join(root, 'tests/data')
const lines = (name) => readFileSync(join(data, name), 'utf8').split('\n').filter((l) => l && !l.startsWith('#')).map((l) => l.split('\t'))

/** Published hashes by file name of data/pdq: { quality, pdq }. */
export const clean = new Map(lines('pdq/vectors.tsv').map(([name, quality, pdq]) => [name, { quality: Number(quality), pdq }]))

/** Every hostile file: its row and its bytes. */
export function hostileFiles(seed = 7) {
  const dir = mkdtempSync(join(tmpdir(), 'tutela-hostile-'))
  try {
    execFileSync('python3', [join(root, 'tests/make_hostile.py'), data, dir, String(seed)], { stdio: ['ignore', 'ignore', 'inherit'] })
    return lines('media/hostile.tsv').map(([name, declared, state, reasons, width, height, pages, like, away, quality]) => ({
      name, declared, state, reasons: reasons.split(','), width: Number(width), height: Number(height), pages: Number(pages),
      like: like === '-' ? null : like, away: Number(away), quality: Number(quality), bytes: readFileSync(join(dir, name)),
    }))
  } finally {
    rmSync(dir, { recursive: true })
  }
}

/** In how many of 256 bits two hashes differ. */
export function distance(a, b) {
  let bits = 0
  for (let v = BigInt('0x' + a) ^ BigInt('0x' + b); v; v &= v - 1n) bits++
  return bits
}
