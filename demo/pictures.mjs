// Synthetic pictures: drawn from a number, changed, and written as PNG, JPEG, GIF or BMP with nothing but Node's own
// modules. The same number always gives the same pixels. They show coloured shapes and stand in for categories.
import { deflateSync } from 'node:zlib'

/** A small random generator: the same seed gives the same numbers everywhere. */
export function dice(seed) {
  let a = seed >>> 0
  return () => {
    a = (a + 0x6d2b79f5) >>> 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

function blank(w, h) {
  return { w, h, rgb: new Uint8Array(w * h * 3) }
}

/** Shapes over a gradient, in coordinates from 0 to 1, so that any size shows the same. */
export function draw(seed, w = 320, h = 240) {
  const r = dice(seed)
  const colour = () => [r() * 255, r() * 255, r() * 255]
  const from = colour()
  const to = colour()
  const shapes = Array.from({ length: 14 }, () => ({
    round: r() < 0.5, x: r(), y: r(), rx: 0.05 + r() * 0.25, ry: 0.05 + r() * 0.25, c: colour(),
  }))
  const p = blank(w, h)
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      const u = (x + 0.5) / w
      const v = (y + 0.5) / h
      let c = from.map((f, i) => f + (to[i] - f) * (u + v) / 2)
      for (const s of shapes) {
        const dx = (u - s.x) / s.rx
        const dy = (v - s.y) / s.ry
        if (s.round ? dx * dx + dy * dy < 1 : Math.abs(dx) < 1 && Math.abs(dy) < 1) c = s.c
      }
      p.rgb.set(c, (y * w + x) * 3)
    }
  }
  return p
}

/** One colour: nothing that a perceptual hash could hold on to. */
export function flat(r, g, b, w = 64, h = 64) {
  const p = blank(w, h)
  for (let i = 0; i < w * h; i++) p.rgb.set([r, g, b], i * 3)
  return p
}

/** Another size, by averaging what falls into each new pixel. */
export function resize(p, w, h) {
  const q = blank(w, h)
  for (let y = 0; y < h; y++) {
    const y0 = Math.floor(y * p.h / h)
    const y1 = Math.max(y0 + 1, Math.floor((y + 1) * p.h / h))
    for (let x = 0; x < w; x++) {
      const x0 = Math.floor(x * p.w / w)
      const x1 = Math.max(x0 + 1, Math.floor((x + 1) * p.w / w))
      const sum = [0, 0, 0]
      for (let j = y0; j < y1; j++)
        for (let i = x0; i < x1; i++)
          for (let k = 0; k < 3; k++) sum[k] += p.rgb[(j * p.w + i) * 3 + k]
      const n = (y1 - y0) * (x1 - x0)
      q.rgb.set(sum.map(s => Math.round(s / n)), (y * w + x) * 3)
    }
  }
  return q
}

function each(p, f) {
  const q = blank(p.w, p.h)
  for (let i = 0; i < p.rgb.length; i++) q.rgb[i] = Math.max(0, Math.min(255, Math.round(f(p.rgb[i], i))))
  return q
}

export const brighter = (p, by) => each(p, v => v + by)

export function grey(p) {
  const luma = i => 0.299 * p.rgb[i] + 0.587 * p.rgb[i + 1] + 0.114 * p.rgb[i + 2]
  return each(p, (_, i) => luma(i - i % 3))
}

export function noise(p, seed, amount) {
  const r = dice(seed)
  return each(p, v => v + (r() - 0.5) * 2 * amount)
}

/** Another picture laid over a part of this one, from 0 to 1: how far it is from the original. */
export function cover(p, seed, part) {
  const over = draw(seed, p.w, p.h)
  const q = blank(p.w, p.h)
  q.rgb.set(p.rgb)
  for (let y = 0; y < p.h; y++)
    for (let x = 0; x < p.w * part; x++)
      for (let k = 0; k < 3; k++) q.rgb[(y * p.w + x) * 3 + k] = over.rgb[(y * p.w + x) * 3 + k]
  return q
}

// Writers -------------------------------------------------------------------------------------------------------------

const crcTable = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1
  return n >>> 0
})

function crc32(bytes) {
  let c = 0xffffffff
  for (const b of bytes) c = crcTable[(c ^ b) & 0xff] ^ (c >>> 8)
  return (c ^ 0xffffffff) >>> 0
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const out = Buffer.alloc(12 + data.length)
  out.writeUInt32BE(data.length, 0)
  body.copy(out, 4)
  out.writeUInt32BE(crc32(body), 8 + data.length)
  return out
}

const PNG_HEAD = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])

function ihdr(w, h) {
  const b = Buffer.alloc(13)
  b.writeUInt32BE(w, 0)
  b.writeUInt32BE(h, 4)
  b.set([8, 2, 0, 0, 0], 8)
  return chunk('IHDR', b)
}

export function png(p) {
  const raw = Buffer.alloc(p.h * (1 + p.w * 3))
  for (let y = 0; y < p.h; y++)
    Buffer.from(p.rgb.buffer, y * p.w * 3, p.w * 3).copy(raw, y * (1 + p.w * 3) + 1)
  return Buffer.concat([PNG_HEAD, ihdr(p.w, p.h), chunk('IDAT', deflateSync(raw)), chunk('IEND', Buffer.alloc(0))])
}

/** A PNG that claims to be far larger than it is. */
export function hugePng(w = 40000, h = 40000) {
  return Buffer.concat([PNG_HEAD, ihdr(w, h), chunk('IDAT', deflateSync(Buffer.alloc(4096))), chunk('IEND', Buffer.alloc(0))])
}

export function bmp(p) {
  const stride = (p.w * 3 + 3) & ~3
  const b = Buffer.alloc(54 + stride * p.h)
  b.write('BM', 0, 'latin1')
  b.writeUInt32LE(b.length, 2)
  b.writeUInt32LE(54, 10)
  b.writeUInt32LE(40, 14)
  b.writeInt32LE(p.w, 18)
  b.writeInt32LE(p.h, 22)
  b.writeUInt16LE(1, 26)
  b.writeUInt16LE(24, 28)
  for (let y = 0; y < p.h; y++)
    for (let x = 0; x < p.w; x++) {
      const i = (y * p.w + x) * 3
      b.set([p.rgb[i + 2], p.rgb[i + 1], p.rgb[i]], 54 + (p.h - 1 - y) * stride + x * 3)
    }
  return b
}

/** GIF with a palette of 6 x 6 x 6 colours; codes are kept at 9 bits by clearing the table in time. */
export function gif(p) {
  const head = Buffer.alloc(13)
  head.write('GIF89a', 0, 'latin1')
  head.writeUInt16LE(p.w, 6)
  head.writeUInt16LE(p.h, 8)
  head[10] = 0xf7
  const palette = Buffer.alloc(768)
  for (let i = 0; i < 216; i++) palette.set([Math.floor(i / 36) * 51, Math.floor(i / 6) % 6 * 51, i % 6 * 51], i * 3)
  const frame = Buffer.alloc(10)
  frame[0] = 0x2c
  frame.writeUInt16LE(p.w, 5)
  frame.writeUInt16LE(p.h, 7)
  const bytes = []
  let bits = 0
  let held = 0
  const put = code => {
    bits |= code << held
    for (held += 9; held >= 8; held -= 8) {
      bytes.push(bits & 0xff)
      bits >>>= 8
    }
  }
  for (let i = 0; i < p.w * p.h; i++) {
    if (i % 250 === 0) put(256)
    const level = k => Math.round(p.rgb[i * 3 + k] / 51)
    put(level(0) * 36 + level(1) * 6 + level(2))
  }
  put(257)
  if (held > 0) bytes.push(bits & 0xff)
  const blocks = [Buffer.from([8])]
  for (let i = 0; i < bytes.length; i += 255) {
    const part = bytes.slice(i, i + 255)
    blocks.push(Buffer.from([part.length, ...part]))
  }
  return Buffer.concat([head, palette, frame, ...blocks, Buffer.from([0, 0x3b])])
}

// JPEG: baseline, no subsampling, the example tables of the standard (ITU-T T.81, annex K) ------------------------------

const ZIGZAG = []
for (let s = 0; s < 15; s++)
  for (let i = 0; i <= s; i++) {
    const [y, x] = s % 2 ? [i, s - i] : [s - i, i]
    if (y < 8 && x < 8) ZIGZAG.push(y * 8 + x)
  }

const LUMA = [16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51,
  87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92,
  95, 98, 112, 100, 103, 99]
const CHROMA = LUMA.map((_, i) => {
  const low = [[17, 18, 24, 47], [18, 21, 26, 66], [24, 26, 56, 99], [47, 66, 99, 99]]
  return i % 8 < 4 && i < 32 ? low[i >> 3][i % 8] : 99
})

const DC_LUMA = [[0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]]
const DC_CHROMA = [[0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]]
const AC_LUMA = [[0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 0x7d], Buffer.from(
  '0102030004110512213141061351610722711432' + '8191a1082342b1c11552d1f02433627282090a161718191a25262728292a3435' +
  '363738393a434445464748494a535455565758595a636465666768696a737475' + '767778797a838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aab2' +
  'b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6' + 'e7e8e9eaf1f2f3f4f5f6f7f8f9fa', 'hex')]
const AC_CHROMA = [[0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 0x77], Buffer.from(
  '000102031104052131061241510761711322328108144291a1b1c109233352f0' + '156272d10a162434e125f11718191a262728292a35363738393a434445464748' +
  '494a535455565758595a636465666768696a737475767778797a828384858687' + '88898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3' +
  'c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae2e3e4e5e6e7e8e9eaf2f3f4f5f6f7f8' + 'f9fa', 'hex')]

function huffman([counts, values]) {
  const codes = new Map()
  let code = 0
  let at = 0
  counts.forEach((n, i) => {
    for (let k = 0; k < n; k++) codes.set(values[at++], [code++, i + 1])
    code <<= 1
  })
  return codes
}

const COS = Array.from({ length: 64 }, (_, i) =>
  Math.cos((2 * (i % 8) + 1) * (i >> 3) * Math.PI / 16) * (i < 8 ? Math.SQRT1_2 : 1) / 2)

function transform(block) {
  const rows = new Float64Array(64)
  const out = new Float64Array(64)
  for (let y = 0; y < 8; y++)
    for (let u = 0; u < 8; u++)
      for (let x = 0; x < 8; x++) rows[y * 8 + u] += block[y * 8 + x] * COS[u * 8 + x]
  for (let v = 0; v < 8; v++)
    for (let u = 0; u < 8; u++)
      for (let y = 0; y < 8; y++) out[v * 8 + u] += rows[y * 8 + u] * COS[v * 8 + y]
  return out
}

function segment(marker, ...parts) {
  const body = Buffer.concat(parts.map(p => Buffer.from(p)))
  const head = Buffer.from([0xff, marker, 0, 0])
  head.writeUInt16BE(body.length + 2, 2)
  return Buffer.concat([head, body])
}

/** EXIF with an orientation and nothing else. */
function exif(orientation) {
  return segment(0xe1, Buffer.from('Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0', 'latin1'), [orientation, 0, 0, 0, 0, 0, 0])
}

export function jpeg(p, quality = 85, orientation = 0) {
  const scale = quality < 50 ? 5000 / quality : 200 - quality * 2
  const tables = [LUMA, CHROMA].map(t => t.map(v => Math.max(1, Math.min(255, Math.floor((v * scale + 50) / 100)))))
  const codes = [[DC_LUMA, AC_LUMA], [DC_CHROMA, AC_CHROMA]].map(pair => pair.map(huffman))
  const bytes = []
  let bits = 0
  let held = 0
  const put = (value, n) => {
    for (let i = n - 1; i >= 0; i--) {
      bits = bits << 1 | value >> i & 1
      if (++held < 8) continue
      bytes.push(bits)
      if (bits === 0xff) bytes.push(0)
      bits = held = 0
    }
  }
  const size = v => v === 0 ? 0 : 32 - Math.clz32(Math.abs(v))
  const number = (v, n) => put(v < 0 ? v + (1 << n) - 1 : v, n)
  const last = [0, 0, 0]
  const channel = (i, k) => {
    const [r, g, b] = [p.rgb[i], p.rgb[i + 1], p.rgb[i + 2]]
    if (k === 0) return 0.299 * r + 0.587 * g + 0.114 * b - 128
    return k === 1 ? -0.168736 * r - 0.331264 * g + 0.5 * b : 0.5 * r - 0.418688 * g - 0.081312 * b
  }
  const block = (bx, by, k) => {
    const samples = new Float64Array(64)
    for (let y = 0; y < 8; y++)
      for (let x = 0; x < 8; x++) {
        const at = Math.min(by + y, p.h - 1) * p.w + Math.min(bx + x, p.w - 1)
        samples[y * 8 + x] = channel(at * 3, k)
      }
    const t = k ? 1 : 0
    const f = transform(samples)
    const q = ZIGZAG.map(i => Math.round(f[i] / tables[t][i]))
    const [dc, ac] = codes[t]
    const n = size(q[0] - last[k])
    put(...dc.get(n))
    number(q[0] - last[k], n)
    last[k] = q[0]
    let run = 0
    for (let i = 1; i < 64; i++) {
      if (q[i] === 0) {
        run++
        continue
      }
      for (; run > 15; run -= 16) put(...ac.get(0xf0))
      put(...ac.get(run << 4 | size(q[i])))
      number(q[i], size(q[i]))
      run = 0
    }
    if (run) put(...ac.get(0))
  }
  for (let y = 0; y < p.h; y += 8)
    for (let x = 0; x < p.w; x += 8)
      for (let k = 0; k < 3; k++) block(x, y, k)
  if (held) put(0x7f, 8 - held)
  const table = (id, [counts, values]) => [id, ...counts, ...values]
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]), segment(0xe0, Buffer.from('JFIF\0\x01\x01\0\0\x01\0\x01\0\0', 'latin1')),
    ...orientation ? [exif(orientation)] : [],
    segment(0xdb, [0, ...ZIGZAG.map(i => tables[0][i])]), segment(0xdb, [1, ...ZIGZAG.map(i => tables[1][i])]),
    segment(0xc0, [8, p.h >> 8, p.h & 255, p.w >> 8, p.w & 255, 3, 1, 0x11, 0, 2, 0x11, 1, 3, 0x11, 1]),
    segment(0xc4, table(0x00, DC_LUMA)), segment(0xc4, table(0x10, AC_LUMA)),
    segment(0xc4, table(0x01, DC_CHROMA)), segment(0xc4, table(0x11, AC_CHROMA)),
    segment(0xda, [3, 1, 0, 2, 0x11, 3, 0x11, 0, 63, 0]), Buffer.from(bytes), Buffer.from([0xff, 0xd9]),
  ])
}
