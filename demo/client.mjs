// The few calls of Tutela's API that a platform needs, on Node's own fetch. Errors are the problem documents of RFC 9457.

export class Problem extends Error {
  constructor(status, doc) {
    super(doc.field ? `${doc.detail} (${doc.field})` : doc.detail ?? `status ${status}`)
    this.status = status
    this.doc = doc
  }
}

export function client(base, key) {
  const auth = { authorization: `Bearer ${key}` }
  async function call(method, path, body, headers = {}) {
    for (let tries = 1; ; tries++) {
      const res = await fetch(new URL(path, base), { method, body, headers: { ...auth, ...headers } })
      if (res.ok) return res
      if ((res.status === 429 || res.status === 503) && tries < 10) {
        await res.arrayBuffer()
        await new Promise(r => setTimeout(r, 1000 * Math.min(Number(res.headers.get('retry-after') ?? 1), 30)))
        continue
      }
      const text = await res.text()
      let doc
      try {
        doc = JSON.parse(text)
      } catch {
        doc = { detail: `status ${res.status}: ${text.slice(0, 200)}` }
      }
      throw new Problem(res.status, doc)
    }
  }
  const json = { 'content-type': 'application/json' }
  return {
    get: async path => (await call('GET', path)).json(),
    post: async (path, body) => (await call('POST', path, JSON.stringify(body), json)).json(),
    put: async (path, body) => (Buffer.isBuffer(body)
      ? await call('PUT', path, body, { 'content-type': 'application/octet-stream' })
      : await call('PUT', path, JSON.stringify(body), json)).json(),
    batch: async (path, rows) => {
      const res = await call('POST', path, rows.map(r => JSON.stringify(r) + '\n').join(''), { 'content-type': 'application/x-ndjson' })
      return (await res.text()).split('\n').filter(Boolean).map(line => JSON.parse(line))
    },
    multipart: async (path, item, files) => {
      const form = new FormData()
      form.append('item', new Blob([JSON.stringify(item)], { type: 'application/json' }))
      for (const f of files) form.append('media', new Blob([f], { type: 'application/octet-stream' }))
      return (await call('POST', path, form)).json()
    },
  }
}
