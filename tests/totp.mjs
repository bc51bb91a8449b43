// The code that an authenticator app shows (RFC 6238), by Node's own HMAC.
import { createHmac } from 'node:crypto'

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

export function totp(secret, at = Date.now()) {
  const bits = [...secret.replace(/=+$/, '')].map((c) => LETTERS.indexOf(c).toString(2).padStart(5, '0')).join('')
  const key = Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)))
  const step = Buffer.alloc(8)
  step.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)))
  const mac = createHmac('sha1', key).update(step).digest()
  const from = mac[19] & 15
  return String((mac.readUInt32BE(from) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

/** The code of the step before: good now, and it leaves the present one unused. Waits when the present step is about to end. */
export async function earlierTotp(secret) {
  const left = 30_000 - (Date.now() % 30_000)
  if (left < 10_000) await new Promise((done) => setTimeout(done, left + 50))
  return totp(secret, Date.now() - 30_000)
}
