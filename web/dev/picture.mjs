// Synthetic pictures for the mock: a small PNG writer and a landscape drawn from a seed.
import { deflateSync } from 'node:zlib'

const TABLE = Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1
  return n >>> 0
})

/** @param {Buffer} data */
function crc(data) {
  let c = 0xffffffff
  for (const byte of data) c = /** @type {number} */ (TABLE[(c ^ byte) & 255]) ^ (c >>> 8)
  return (c ^ 0xffffffff) >>> 0
}
/** @param {string} type @param {Buffer} data */
function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const out = Buffer.alloc(body.length + 8)
  out.writeUInt32BE(data.length)
  body.copy(out, 4)
  out.writeUInt32BE(crc(body), body.length + 4)
  return out
}

/** @param {number} seed @param {number} width @param {number} height */
export function landscape(seed, width, height) {
  const raw = Buffer.alloc(height * (width * 3 + 1))
  const hill = (/** @type {number} */ x, /** @type {number} */ k) => 0.5 + 0.12 * k + 0.09 * Math.sin(x * (3 + k) + seed * (k + 1)) + 0.04 * Math.sin(x * 11 + seed)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [u, v] = [x / width, y / height]
      const sun = Math.hypot((u - 0.3 - 0.4 * ((seed % 7) / 7)) * (width / height), v - 0.25) < 0.09
      let rgb = sun ? [250, 226, 150] : [150 + 70 * v, 185 + 30 * v, 220 - 20 * v]
      for (let k = 0; k < 3; k++) if (v > hill(u, k)) rgb = [120 - 30 * k - (seed % 3) * 9, 150 - 34 * k, 118 - 26 * k + (seed % 5) * 6]
      rgb.forEach((c, i) => { raw[y * (width * 3 + 1) + 1 + x * 3 + i] = c })
    }
  }
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width)
  head.writeUInt32BE(height, 4)
  head.set([8, 2, 0, 0, 0], 8)
  return Buffer.concat([Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]), chunk('IHDR', head), chunk('IDAT', deflateSync(raw)), chunk('IEND', Buffer.alloc(0))])
}
