// Builds the console into console/dist: one page, one script and one for the screens that are opened
// seldom, one style sheet, one icon. Fails when what the first screen needs is larger than its budget. `--watch` rebuilds on every change, `--tests` bundles the unit tests into build/tests.
import { context, build } from 'esbuild'
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const BUDGET_KB = 60
const dist = 'console/dist'
const common = {
  bundle: true,
  target: 'es2022',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  legalComments: 'none',
  logLevel: 'warning',
}
const page = {
  ...common,
  format: 'esm',
  minify: true,
  entryPoints: { console: 'console/src/main.tsx' },
  outdir: dist,
  splitting: true,
  metafile: true,
  chunkNames: '[name]-[hash]',
  define: { 'process.env.NODE_ENV': '"production"' },
}
const style = { ...common, minify: true, entryPoints: { console: 'console/src/style/console.css' }, outdir: dist }

/**
 * The script of the page and what it imports at once: what must be there before the first screen.
 * @param {import('esbuild').Metafile} meta
 * @param {string} entry
 */
function firstScripts(meta, entry) {
  const first = [entry]
  for (const file of first) {
    for (const { path, kind } of meta.outputs[file]?.imports ?? []) if (kind === 'import-statement' && !first.includes(path)) first.push(path)
  }
  return first
}

if (process.argv.includes('--tests')) {
  rmSync('build/tests', { recursive: true, force: true })
  const tests = readdirSync('console/tests').filter((name) => name.endsWith('.test.ts'))
  await build({
    ...common,
    platform: 'node',
    format: 'esm',
    outExtension: { '.js': '.mjs' },
    entryPoints: tests.map((name) => 'console/tests/' + name),
    outdir: 'build/tests',
  })
  process.exit(0)
}

rmSync(dist, { recursive: true, force: true })
mkdirSync(dist, { recursive: true })
for (const name of ['index.html', 'icon.svg']) cpSync('console/' + name, dist + '/' + name)

if (process.argv.includes('--watch')) {
  for (const options of [page, style]) await (await context(options)).watch()
} else {
  const [{ metafile }] = await Promise.all([build(page), build(style)])
  const kb = (/** @type {string} */ file) => gzipSync(readFileSync(file), { level: 9 }).length / 1024
  const first = firstScripts(metafile, `${dist}/console.js`)
  const all = Object.keys(metafile.outputs)
  const script = first.reduce((sum, file) => sum + kb(file), 0)
  console.log(`first screen ${script.toFixed(1)} kB gzip, all scripts ${all.reduce((sum, file) => sum + kb(file), 0).toFixed(1)} kB, console.css ${kb(`${dist}/console.css`).toFixed(1)} kB`)
  if (script > BUDGET_KB) {
    console.error(`build: what the first screen needs is larger than its budget of ${BUDGET_KB} kB`)
    process.exit(1)
  }
}
