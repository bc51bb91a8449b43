// Fills the demo's hash banks through the command line, as an operator would.
//
//   node demo/seed.mjs --tutela build/tutela --data var      import demo/seed/*.txt and the digest of one picture
//   node demo/seed.mjs --tutela build/tutela --write         draw the pictures, hash them, write demo/seed/*.txt
//   node demo/seed.mjs --tutela build/tutela --check         the same, and compare
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import * as draw from './pictures.mjs'
import { EXACT, KNOWN, NEAR } from './scene.mjs'

const { values: opt } = parseArgs({
  options: {
    tutela: { type: 'string', default: 'build/tutela' }, data: { type: 'string', default: 'var' },
    write: { type: 'boolean' }, check: { type: 'boolean' },
  },
})
const banks = { 'demo-known': KNOWN, 'demo-near': [NEAR] }
const file = bank => new URL(`seed/${bank}.txt`, import.meta.url).pathname

function tutela(args, input) {
  const r = spawnSync(opt.tutela, args, { input, encoding: 'utf8', maxBuffer: 1 << 24 })
  if (r.status !== 0) throw new Error(`tutela ${args.join(' ')}: ${r.error?.message ?? r.stderr}`)
  return r.stdout
}

/** One line a picture: PDQ, a tab, what it is. */
function hashes(seeds) {
  const dir = mkdtempSync(join(tmpdir(), 'flip-'))
  try {
    const files = seeds.map(s => join(dir, `${s}.png`))
    files.forEach((f, i) => writeFileSync(f, draw.png(draw.draw(seeds[i], 320, 240))))
    return tutela(['hash', ...files]).trim().split('\n').map((line, i) => `${line.split('\t')[2]}\tdrawn from ${seeds[i]}\n`).join('')
  } finally {
    rmSync(dir, { recursive: true })
  }
}

if (opt.write || opt.check) {
  for (const [bank, seeds] of Object.entries(banks)) {
    const now = hashes(seeds)
    if (opt.write) writeFileSync(file(bank), now)
    else if (readFileSync(file(bank), 'utf8') !== now) throw new Error(`${file(bank)} is not what the pictures hash to`)
  }
} else {
  for (const bank of Object.keys(banks)) tutela(['--data', opt.data, 'bank', 'import', bank, file(bank)])
  const digest = createHash('sha256').update(EXACT()).digest('hex')
  tutela(['--data', opt.data, 'bank', 'import', 'demo-known-exact', '-'], `${digest}\tan even blue\n`)
}
