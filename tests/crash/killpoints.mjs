// The kill points of src/sys/killpoint.tbl.h, as a test sees them: armed and counted through the file that all processes of
// an installation map. The build must have them (meson option `tests`).
import { closeSync, openSync, readFileSync, readSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../programs.mjs'

const WORDS = ['hits', 'armed', 'kills', 'group']

export const table = [...readFileSync(join(root, 'src/sys/killpoint.tbl.h'), 'utf8')
  .matchAll(/^K\(\w+, "([^"]+)", (\w+), "([^"]+)", "([^"]+)"\)/gm)].map(([, name, role, file, stake]) => ({ name, role, file, stake }))

export class KillPoints {
  constructor(data) {
    const path = join(data, 'killpoints')
    closeSync(openSync(path, 'w', 0o600))
    this.fd = openSync(path, 'r+')
    writeSync(this.fd, Buffer.alloc(table.length * 16), 0, table.length * 16, 0)
  }

  #at(name, word) {
    const n = table.findIndex((row) => row.name === name)
    if (n < 0) throw new Error(`there is no kill point ${name}`)
    return n * 16 + WORDS.indexOf(word) * 4
  }

  #read(name, word) {
    const b = Buffer.alloc(4)
    readSync(this.fd, b, 0, 4, this.#at(name, word))
    return b.readUInt32LE()
  }

  #write(name, word, value) {
    const b = Buffer.alloc(4)
    b.writeUInt32LE(value)
    writeSync(this.fd, b, 0, 4, this.#at(name, word))
  }

  hits(name) { return this.#read(name, 'hits') }
  kills(name) { return this.#read(name, 'kills') }
  armed(name) { return this.#read(name, 'armed') > 0 }

  /** Whoever passes it for the `nth` time from now dies there, with the process group when one is named. */
  arm(name, nth = 1, group = 0) {
    this.#write(name, 'group', group)
    this.#write(name, 'armed', nth)
  }

  disarm(name) { this.#write(name, 'armed', 0) }
  close() { closeSync(this.fd) }
}
