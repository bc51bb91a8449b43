// libtutela-hash as other programs get it: installed into a folder of its own, found by pkg-config, its header taken alone
// by both compilers as C and as C++, its examples built against it and run, nothing visible but what the header declares.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { bin } from '../programs.mjs'

let at, prefix, lib, env

/** Runs a program; what it says, or all that it said when it failed. */
function run(program, args, more = {}) {
  const it = spawnSync(program, args, { encoding: 'utf8', cwd: at, env: { ...env, ...more } })
  assert.equal(it.status, 0, `${program} ${args.join(' ')}\n${it.stdout}${it.stderr}${it.error ?? ''}`)
  return it.stdout.trim()
}
const flags = (...args) => run('pkg-config', [...args, 'tutela-hash']).split(/\s+/).filter(Boolean)

before(() => {
  at = mkdtempSync(join(tmpdir(), 'tutela-library-'))
  execFileSync('meson', ['install', '-C', join(bin('tutela'), '../../..'), '--no-rebuild', '--quiet', '--tags', 'library,devel'],
    { env: { ...process.env, DESTDIR: at } })
  prefix = join(at, 'usr/local')
  lib = [join(prefix, 'lib'), ...readdirSync(join(prefix, 'lib')).map((name) => join(prefix, 'lib', name))].find((dir) => existsSync(join(dir, 'libtutela-hash.so')))
  env = { ...process.env, PKG_CONFIG_PATH: join(lib, 'pkgconfig'), PKG_CONFIG_SYSROOT_DIR: at, LD_LIBRARY_PATH: lib }
})
after(() => rmSync(at, { recursive: true, force: true }))

test('the header compiles alone, as C and as C++, with both compilers', () => {
  const c = join(at, 'alone.c')
  const cpp = join(at, 'alone.cc')
  writeFileSync(c, '#include <tutela/hash.h>\nint main(void) { struct tl_pdq h; return tl_pdq_unhex(TL_S("00"), &h) != TL_EPARSE; }\n')
  writeFileSync(cpp, '#include <tutela/hash.h>\nint main() { tl_pdq h; return tl_pdq_unhex(tl_str("00"), &h) != TL_EPARSE; }\n')
  const strict = ['-Wall', '-Wextra', '-Wpedantic', '-Werror', ...flags('--cflags')]
  for (const cc of ['gcc', 'clang']) run(cc, ['-std=c11', ...strict, c, '-o', `alone-${cc}`, ...flags('--libs')])
  run('clang++', ['-std=c++17', ...strict, '-fsyntax-only', cpp])
  run('g++', ['-std=c++17', ...strict, cpp, '-o', 'alone-cc', ...flags('--libs')])
  for (const name of ['alone-gcc', 'alone-clang', 'alone-cc']) run(join(at, name), [])
})

test('the example finds the copy of a picture, linked to the shared and to the static library', () => {
  const source = join(prefix, 'share/doc/tutela-hash/examples/hash.c')
  for (const cc of ['gcc', 'clang']) {
    run(cc, ['-O1', '-Wall', source, '-o', 'example', ...flags('--cflags', '--libs'), '-lm'])
    const said = run(join(at, 'example'), []).split('\n')
    assert.match(said[0], /^[0-9a-f]{64}$/)
    assert.match(said[1], /^key 42, distance \d+$/)
    run(cc, ['-O1', '-Wall', source, '-o', 'example-static', ...flags('--cflags'), join(lib, 'libtutela-hash.a'),
      ...flags('--libs', '--static').filter((flag) => flag !== '-ltutela-hash'), '-lm'])
    assert.deepEqual(run(join(at, 'example-static'), [], { LD_LIBRARY_PATH: '' }).split('\n'), said)
  }
})

test('Python hashes through ctypes', () => {
  assert.match(run('python3', [join(prefix, 'share/doc/tutela-hash/examples/hash.py')]), /^[0-9a-f]{64} (100|[5-9]\d)$/)
})

test('what the header declares is visible, and nothing else', () => {
  const header = readFileSync(join(prefix, 'include/tutela/hash.h'), 'utf8')
  const seen = (args, file) => run('nm', [...args, '--defined-only', join(lib, file)]).split('\n')
    .map((line) => line.split(' ').at(-1).split('@')[0]).filter((name) => /^[a-z_]/.test(name) && !/:$/.test(name)).sort()
  const shared = seen(['-D'], 'libtutela-hash.so')
  assert.ok(shared.length > 40 && shared.every((name) => name.startsWith('tl_')), shared.join(' '))
  for (const name of shared) assert.match(header, new RegExp(`\\b${name}\\(`), name)
  assert.deepEqual(seen(['-g'], 'libtutela-hash.a'), shared)
  assert.match(run('readelf', ['-d', join(lib, 'libtutela-hash.so')]), /SONAME.*\[libtutela-hash\.so\.0\]/)
  assert.match(run('nm', ['-D', join(lib, 'libtutela-hash.so')]), /tl_pdq_hash@@TUTELA_HASH_0/)
})

test('the manual page is installed and names what exists', () => {
  const page = readFileSync(join(prefix, 'share/man/man3/tutela-hash.3'), 'utf8')
  const header = readFileSync(join(prefix, 'include/tutela/hash.h'), 'utf8')
  const named = [...page.replaceAll(/\\f./g, ' ').matchAll(/\b(tl_\w+[a-z])\b/g)].map((m) => m[1])
  assert.ok(named.length > 15, named.join(' '))
  for (const name of named) assert.match(header, new RegExp(`\\b${name}\\b`), name)
})
