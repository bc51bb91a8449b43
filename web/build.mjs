// Builds the console into console/dist: one page, one script, one style sheet, one icon. Fails when the script is
// larger than its budget. `--watch` rebuilds on every change, `--tests` bundles the unit tests into build/tests.
import { context, build } from 'esbuild'
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const BUDGET_KB = 80
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
  define: { 'process.env.NODE_ENV': '"production"' },
}
const style = { ...common, minify: true, entryPoints: { console: 'console/src/style/console.css' }, outdir: dist }

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
  await Promise.all([build(page), build(style)])
  const kb = (/** @type {string} */ name) => gzipSync(readFileSync(`${dist}/${name}`), { level: 9 }).length / 1024
  const script = kb('console.js')
  console.log(`console.js ${script.toFixed(1)} kB gzip, console.css ${kb('console.css').toFixed(1)} kB gzip`)
  if (script > BUDGET_KB) {
    console.error(`build: the script is larger than its budget of ${BUDGET_KB} kB`)
    process.exit(1)
  }
}
