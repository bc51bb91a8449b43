// Receivers of alarms for tests, and for an operator who wants to see what would be sent:
//   node tests/sinks.mjs        starts a mail sink and a webhook sink and prints what comes
// Modes of the mail sink: ok, greylist (451 at first), refuse (554), silent (never answers), dead (closes at once),
// endless (one reply without an end).
import { createHmac, randomBytes } from 'node:crypto'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { createServer as createHttp } from 'node:http'
import { createServer as createTcp } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TLSSocket } from 'node:tls'

const listen = (server) => new Promise((done, fail) => server.on('error', fail).listen(0, '127.0.0.1', () => done(server.address().port)))

/** What a mail says: its headers, its subject and its text decoded. */
export function readMail(raw) {
  const at = raw.indexOf('\r\n\r\n')
  const headers = raw.slice(0, at).replace(/\r\n[ \t]/g, ' ')
  const subject = (/^Subject:(.*)$/m.exec(headers)?.[1] ?? '').trim()
    .replace(/\?= =\?UTF-8\?B\?/g, '?==?UTF-8?B?')
    .replace(/=\?UTF-8\?B\?([^?]*)\?=/g, (_, b) => Buffer.from(b, 'base64').toString('latin1'))
  return { headers, subject: Buffer.from(subject, 'latin1').toString('utf8'), text: Buffer.from(raw.slice(at + 4), 'base64').toString('utf8') }
}

/** options: tls { key, cert } offers STARTTLS; user, password ask for AUTH PLAIN after it. */
export async function mailSink({ tls, user, password } = {}) {
  const sink = { mode: 'ok', mails: [], refused: 0, connections: 0, secured: 0 }
  const sockets = new Set()
  const talk = (socket, secure) => {
    let state = { from: null, to: [], data: null, authed: !user }
    let buffer = ''
    const say = (line) => socket.writable && socket.write(line + '\r\n')
    const command = (line) => {
      const verb = line.split(/[ :]/)[0].toUpperCase()
      if (verb === 'EHLO') {
        const offers = ['sink', ...(tls && !secure ? ['STARTTLS'] : []), ...(user && secure ? ['AUTH PLAIN'] : []), 'SIZE 1000000']
        return offers.forEach((o, i) => say(`250${i < offers.length - 1 ? '-' : ' '}${o}`))
      }
      if (verb === 'STARTTLS' && tls && !secure) {
        say('220 go')
        socket.removeAllListeners('data')
        sink.secured++
        const inner = new TLSSocket(socket, { isServer: true, ...tls })
        inner.on('error', () => socket.destroy())
        return talk(inner, true)
      }
      if (verb === 'AUTH' && !line.split(' ')[2]) { state.asked = true; return say('334 ') }
      if (verb === 'AUTH' || state.asked) {
        const given = Buffer.from(state.asked ? line : line.split(' ')[2], 'base64').toString()
        state.asked = false
        state.authed = given === `\0${user}\0${password}`
        return say(state.authed ? '235 in' : '535 no')
      }
      if (verb === 'MAIL') {
        if (!state.authed) return say('530 who are you')
        if (sink.mode === 'greylist') { sink.refused++; return say('451 later') }
        if (sink.mode === 'refuse') { sink.refused++; return say('554 never') }
        state.from = line
        return say('250 ok')
      }
      if (verb === 'RCPT') { state.to.push(/<([^>]*)>/.exec(line)?.[1]); return say('250 ok') }
      if (verb === 'DATA') { state.data = ''; return say('354 go') }
      if (verb === 'QUIT') { say('221 bye'); return socket.end() }
      return say('250 ok')
    }
    socket.on('data', (chunk) => {
      if (sink.mode === 'silent') return
      buffer += chunk.toString('latin1')
      for (let at; (at = buffer.indexOf('\r\n')) >= 0;) {
        const line = buffer.slice(0, at)
        buffer = buffer.slice(at + 2)
        if (state.data === null) command(line)
        else if (line === '.') {
          sink.mails.push({ to: state.to, raw: state.data, ...readMail(state.data) })
          state = { ...state, to: [], data: null }
          say('250 taken')
        } else state.data += (line.startsWith('.') ? line.slice(1) : line) + '\r\n'
      }
    })
    socket.on('error', () => {})
    if (sink.mode === 'endless') {
      const pour = () => { while (socket.writable && socket.write('220-more\r\n'.repeat(1000))); }
      socket.on('drain', pour)
      pour()
    } else if (!secure && sink.mode !== 'silent') say('220 sink')
  }
  const server = createTcp((socket) => {
    sink.connections++
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => {})
    if (sink.mode === 'dead') { sink.refused++; return socket.destroy() }
    talk(socket, false)
  })
  sink.port = await listen(server)
  sink.stop = () => { for (const s of sockets) s.destroy(); server.close() }
  return sink
}

/** Keeps what comes; `secret` (whsec_…) checks the signature of each. `status` is what it answers. */
export async function hookSink(secret) {
  const sink = { status: 204, heard: [] }
  const server = createHttp((request, response) => {
    let text = ''
    request.setEncoding('utf8').on('data', (c) => { text += c }).on('end', () => {
      const h = request.headers
      const mine = secret && 'v1,' + createHmac('sha256', Buffer.from(secret.slice(6), 'base64'))
        .update(`${h['webhook-id']}.${h['webhook-timestamp']}.${text}`).digest('base64')
      sink.heard.push({ headers: h, signed: !secret || h['webhook-signature'] === mine, status: sink.status, body: JSON.parse(text), text })
      response.writeHead(sink.status).end()
    })
  })
  sink.port = await listen(server)
  sink.stop = () => { server.closeAllConnections?.(); server.close() }
  return sink
}

if (process.argv[1] && import.meta.url.endsWith(process.argv[1].split('/').pop())) {
  const mail = await mailSink(), hook = await hookSink()
  // The secret lies in a file of its own, as tutelad wants it.
  const secret = join(mkdtempSync(join(tmpdir(), 'tutela-sinks-')), 'secret')
  writeFileSync(secret, `whsec_${randomBytes(32).toString('base64')}\n`, { mode: 0o600 })
  console.log(`# for tutela.yaml
alarm_mail_server: smtp://127.0.0.1:${mail.port}
alarm_mail_tls: false
alarm_mail_from: tutela@platform.example
alarm_oncall: [oncall@platform.example]
alarm_webhook_url: http://127.0.0.1:${hook.port}/
alarm_webhook_secret_file: ${secret}`)
  setInterval(() => {
    for (const m of mail.mails.splice(0)) console.log(`\nmail to ${m.to}: ${m.subject}\n${m.text}`)
    for (const h of hook.heard.splice(0)) console.log('\nwebhook', JSON.stringify(h.body, null, 1))
  }, 200)
}
