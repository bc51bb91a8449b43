// A certificate of our own making, for localhost, as two files in a folder.
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

export function makeCertificate(folder, name, days = 30) {
  const [cert, key] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)]
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', String(days),
    '-keyout', key, '-out', cert, '-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:localhost,DNS:${name},IP:127.0.0.1`], { stdio: ['ignore', 'ignore', 'pipe'] })
  return { cert, key }
}
