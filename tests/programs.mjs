// The built programs, free ports and waiting: what every test that starts a daemon needs. TUTELA_BUILD names another build.
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

export { sleep }
export const root = fileURLToPath(new URL('..', import.meta.url))

export function bin(name) {
  const at = join(resolve(root, process.env.TUTELA_BUILD ?? 'build'), 'src/bin', name)
  if (!existsSync(at)) throw new Error(`${name} is not built`)
  return at
}

export const freePort = () => new Promise((done, fail) => {
  const s = createServer().on('error', fail).listen(0, '127.0.0.1', () => {
    const { port } = s.address()
    s.close(() => done(port))
  })
})

/** Calls `probe` until it returns something true; throws with `what` after `ms`. */
export async function until(what, probe, ms = 15_000) {
  const end = Date.now() + ms
  for (;;) {
    const got = await probe()
    if (got) return got
    if (Date.now() > end) throw new Error(`waited ${ms} ms for ${what}`)
    await sleep(20)
  }
}
