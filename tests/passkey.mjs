// An authenticator in a few lines, by Node's own cryptography: what a browser and a security key would send together.
import { createHash, createSign, generateKeyPairSync, randomBytes } from 'node:crypto'

const sha256 = (data) => createHash('sha256').update(data).digest()
const head = (major, n) => (n < 24 ? Buffer.from([major << 5 | n]) : n < 256 ? Buffer.from([major << 5 | 24, n]) : Buffer.from([major << 5 | 25, n >> 8, n & 255]))
const bytes = (b) => Buffer.concat([head(2, b.length), b])
const text = (t) => Buffer.concat([head(3, Buffer.byteLength(t)), Buffer.from(t)])
const int = (n) => (n < 0 ? head(1, -1 - n) : head(0, n))

export class Passkey {
  constructor(origin) {
    this.origin = origin
    this.id = randomBytes(32)
    this.counter = 0
    this.pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  }

  authData(rpId, flags, rest = Buffer.alloc(0)) {
    const count = Buffer.alloc(4)
    count.writeUInt32BE(this.counter)
    return Buffer.concat([sha256(rpId), Buffer.from([flags]), count, rest])
  }

  clientData(type, challenge) {
    return Buffer.from(JSON.stringify({ type, challenge, origin: this.origin, crossOrigin: false }))
  }

  make(ask, flags = 0x45) {
    const { x, y } = this.pair.publicKey.export({ format: 'jwk' })
    const cose = Buffer.concat([head(5, 5), int(1), int(2), int(3), int(-7), int(-1), int(1), int(-2), bytes(Buffer.from(x, 'base64url')), int(-3), bytes(Buffer.from(y, 'base64url'))])
    const size = Buffer.from([0, this.id.length])
    const data = this.authData(ask.rp_id, flags, Buffer.concat([Buffer.alloc(16), size, this.id, cose]))
    this.handle = ask.user_handle
    const object = Buffer.concat([head(5, 3), text('fmt'), text('none'), text('attStmt'), head(5, 0), text('authData'), bytes(data)])
    return { client_data: this.clientData('webauthn.create', ask.challenge).toString('base64url'), attestation: object.toString('base64url') }
  }

  sign(ask, { flags = 5, rpId = ask.rp_id, challenge = ask.challenge } = {}) {
    this.counter++
    const data = this.authData(rpId, flags)
    const client = this.clientData('webauthn.get', challenge)
    const signature = createSign('sha256').update(data).update(sha256(client)).sign(this.pair.privateKey)
    return { credential: this.id.toString('base64url'), client_data: client.toString('base64url'), authenticator_data: data.toString('base64url'),
      signature: signature.toString('base64url'), user_handle: this.handle }
  }
}
