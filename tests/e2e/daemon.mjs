// A real installation as in tests/scenario, for a browser: on localhost, with pictures, and with a platform that carries out
// and confirms whatever it is asked to do.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { password, start, until } from '../scenario/daemon.mjs'

export { password, until }

export async function startDaemon(settings = {}) {
  const d = await start({ host: 'localhost', undo_seconds: 2, ...settings })
  let seen = 0
  const confirm = setInterval(async () => {
    for (const { event } of d.platform.heard.slice(seen)) {
      seen++
      if (event.type !== 'action.requested') continue
      const { status, body } = await d.api('POST', new URL(event.data.confirm_url).pathname, { outcome: 'done', note: 'carried out' })
      if (status >= 300) console.error('a confirmation was refused', body)
    }
  }, 50)
  return {
    ...d,
    url: d.url.replace('127.0.0.1', 'localhost'), // a secure cookie needs it
    name: 'ann',
    password,
    events: () => d.platform.heard.map((h) => h.event),
    async stop() {
      clearInterval(confirm)
      await d.stop()
    },
    /** Hands in one item with pictures, and waits for its verdict. */
    async publish(item, pictures = []) {
      const media = []
      for (const picture of pictures) {
        const { status, body } = await d.api('PUT', '/v1/media', picture)
        if (status >= 300) throw new Error(JSON.stringify(body))
        media.push(body.id)
      }
      const { status, body } = await d.api('POST', '/v1/items', { posted_at: new Date().toISOString(), audience: 'public', ...item, ...(media.length && { media }) })
      if (status >= 300) throw new Error(JSON.stringify(body))
      await until(`the verdict of ${item.id}`, async () => (await d.api('GET', `/v1/items/${item.id}`)).body.verdict)
    },
  }
}

/** A picture of the project's test data. */
export function testPicture(name) {
  return readFileSync(fileURLToPath(new URL('../data/' + name, import.meta.url)))
}
