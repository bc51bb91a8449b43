// Raw bytes over TCP: what a hostile client sends, and what it hears. No HTTP library in between.
import { connect } from 'node:net'
import { sleep, until } from '../programs.mjs'

export { sleep, until }

/** A connection that keeps all it heard. `from` is the local address (127.0.0.x gives several). */
export function dial(port, { from, host = '127.0.0.1', half = false } = {}) {
  const socket = connect({ port, host, localAddress: from, allowHalfOpen: half })
  const peer = { socket, heard: '', ended: false, failed: null, open: false }
  socket.setNoDelay(true)
  socket.on('data', (bytes) => { peer.heard += bytes.toString('latin1') })
  socket.on('end', () => { peer.ended = true })
  socket.on('close', () => { peer.ended = true })
  socket.on('error', (error) => { peer.failed = error })
  peer.connected = new Promise((done) => {
    socket.on('connect', () => { peer.open = true; done(true) })
    socket.on('close', () => done(false))
  })
  peer.send = (bytes) => new Promise((done) => socket.destroyed || !socket.writable ? done() : socket.write(Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes, 'latin1'), () => done()))
  // When the library refuses by itself it writes its head twice before the body (0.9.75): one answer all the same.
  const doubled = /^(HTTP\/1\.1 4\d\d [^]*?\r\n\r\n)\1(?=<html>)/
  peer.statuses = () => [...peer.heard.replace(doubled, '$1').matchAll(/(?:^|\n|\}|>)HTTP\/1\.[01] (\d{3}) /g)].map((m) => Number(m[1]))
  peer.close = () => socket.destroy()
  return peer
}

/** Sends bytes, waits for a whole answer or the end, and closes. */
export async function exchange(port, bytes, { ms = 10_000, answers = 1, ...how } = {}) {
  const peer = dial(port, how)
  await peer.connected
  await peer.send(bytes)
  const end = Date.now() + ms
  while (Date.now() < end && !peer.ended && peer.statuses().length < answers) await sleep(5)
  // what else comes at once: a second answer where one was due is the attack
  if (!peer.ended) await sleep(30)
  peer.close()
  return peer
}

/** How many connections of a process are open: what the server holds, whatever clients think. */
export async function figure(d, pattern) {
  const text = await (await fetch(d.admin + '/metrics')).text()
  return text.split('\n').filter((l) => pattern.test(l)).reduce((sum, l) => sum + Number(l.split(' ').pop()), 0)
}
