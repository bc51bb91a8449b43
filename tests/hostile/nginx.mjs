// A real nginx with packaging/nginx/tutela.conf, on free ports of this machine, with a folder of its own.
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, root, until } from '../programs.mjs'
import { makeCertificate } from './certificate.mjs'

/** Only the lines that the file marks are changed, and the ports. */
function configuration({ port, plain, upstream, cert, key }) {
  const lines = [
    ['server 127.0.0.1:8080;', `server 127.0.0.1:${upstream};`], ['server_name tutela.example;', 'server_name localhost;'],
    ['/etc/ssl/tutela/chain.pem', cert], ['/etc/ssl/tutela/key.pem', key],
    ['listen 443 ssl http2', `listen 127.0.0.1:${port} ssl http2`], ['listen 80 ', `listen 127.0.0.1:${plain} `],
  ]
  let text = readFileSync(join(root, 'packaging/nginx/tutela.conf'), 'utf8')
  for (const [from, to] of lines) {
    if (!text.includes(from)) throw new Error(`tutela.conf has no "${from}"`)
    text = text.replaceAll(from, to)
  }
  return text
}

export async function startNginx(upstream) {
  const folder = mkdtempSync(join(tmpdir(), 'tutela-nginx-'))
  const { cert, key } = makeCertificate(folder, 'localhost')
  const [port, plain] = [await freePort(), await freePort()]
  mkdirSync(join(folder, 'tmp'))
  writeFileSync(join(folder, 'site.conf'), configuration({ port, plain, upstream, cert, key }))
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((n) => `${n}_temp_path tmp/${n};`).join(' ')
  writeFileSync(join(folder, 'nginx.conf'), `${process.getuid() === 0 ? 'user root;' : ''} worker_processes 1; daemon off; pid nginx.pid; error_log error.log;
events { worker_connections 1024; }
http { access_log off; ${temporary} include site.conf; }
`)
  const child = spawn('/usr/sbin/nginx', ['-p', folder, '-e', 'error.log', '-c', 'nginx.conf'], { stdio: ['ignore', 'ignore', 'pipe'] })
  let log = ''
  child.stderr.on('data', (bytes) => { log += bytes })
  const gone = new Promise((done) => child.on('exit', done))
  const end = async () => {
    child.kill('SIGTERM')
    await gone
    rmSync(folder, { recursive: true, force: true })
  }
  const open = () => new Promise((done) => {
    const s = connect(port, '127.0.0.1', () => { s.destroy(); done(true) }).on('error', () => done(false))
  })
  await until('nginx', async () => child.exitCode !== null || open()).catch((error) => { child.kill('SIGKILL'); throw error })
  if (child.exitCode !== null) throw new Error(`nginx: ${log}`)
  return { port, plain, ca: readFileSync(cert), caPath: cert, end }
}
