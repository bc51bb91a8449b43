// The one way to the server. Adds the CSRF token, turns answers into values and everything else into a Failure that
// says what happened. A 401 marks the session as ended; no answer at all marks the console as offline.
import type { Problem } from '../api.ts'
import { ended, online, session } from './state.ts'

export class Failure extends Error {
  constructor(
    readonly status: number, // 0: no answer
    readonly title: string,
    readonly detail: string,
    readonly field: string | null = null,
  ) {
    super(detail || title)
  }
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

const BASE = '/console/api/'
const PATIENCE_MS = 20_000

/** Who asks a person to prove again that it is them; true when they did. */
let prove: () => Promise<boolean> = () => Promise.resolve(false)
export function asProver(f: typeof prove): void {
  prove = f
}

/** Who proposes what needs a second person; true when it was proposed. */
let propose: (method: string, path: string, body: unknown) => Promise<boolean> = () => Promise.resolve(false)
export function asProposer(f: typeof propose): void {
  propose = f
}

/** `path` parts are escaped: call('POST', ['cases', id, 'note'], {...}) */
export async function call<T>(method: Method, path: (string | number)[], body?: unknown, last = false): Promise<T> {
  const url = BASE + path.map((p) => encodeURIComponent(p)).join('/')
  try {
    return await proving(async () => read<T>(await send(method, url, body, last)))
  } catch (error) {
    if (error instanceof Failure && error.status === 409 && error.field === '/two_person' && (await propose(method, url, body))) throw new Failure(202, 'Proposed', 'it waits in Approvals for another person')
    throw error
  }
}

/** Asks once more when the server wanted a proof and got it. */
async function proving<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (!(error instanceof Failure && error.status === 403 && error.field === '/proof' && (await prove()))) throw error
    return ask()
  }
}

/** POST whose answer is a file: it is given to the person under that name. */
export async function download(path: string[], body: unknown, name: string): Promise<void> {
  const ask = async () => {
    const answer = await send('POST', BASE + path.join('/'), body, false)
    if (!answer.ok) await read(answer)
    return answer.blob()
  }
  let file: Blob
  try {
    file = await ask()
  } catch (error) {
    if (!(error instanceof Failure && error.status === 403 && error.field === '/proof' && (await prove()))) throw error
    file = await ask()
  }
  const link = document.createElement('a')
  link.href = URL.createObjectURL(file)
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}

/** POST of a file's bytes as they are. */
export async function upload<T>(path: string[], file: Blob): Promise<T> {
  return proving(async () => read<T>(await send('POST', BASE + path.join('/'), file, false)))
}

/** GET with a query; empty and null values are left out. */
export async function get<T>(path: (string | number)[], query: Record<string, string | number | null> = {}): Promise<T> {
  const pairs = Object.entries(query).filter(([, v]) => v !== null && v !== '')
  const search = pairs.length ? '?' + new URLSearchParams(pairs.map(([k, v]) => [k, String(v)])) : ''
  return proving(async () => read<T>(await send('GET', BASE + path.map((p) => encodeURIComponent(p)).join('/') + search, undefined, false)))
}

async function send(method: Method, url: string, body: unknown, last: boolean): Promise<Response> {
  const headers: Record<string, string> = { Accept: 'application/json' }
  const file = body instanceof Blob
  if (body !== undefined) headers['Content-Type'] = file ? 'application/octet-stream' : 'application/json'
  if (method !== 'GET' && session.value) headers['X-CSRF-Token'] = session.value.csrf
  try {
    const answer = await fetch(url, {
      method,
      headers,
      body: file ? body : body === undefined ? null : JSON.stringify(body),
      credentials: 'same-origin',
      cache: 'no-store',
      keepalive: last, // reaches the server even when the page is closing
      signal: AbortSignal.timeout(file ? 3 * PATIENCE_MS : PATIENCE_MS),
    })
    online.value = true
    return answer
  } catch {
    online.value = false
    throw new Failure(0, 'No answer from the server', 'The server did not answer, or the network is away.')
  }
}

async function read<T>(answer: Response): Promise<T> {
  if (answer.ok) return (answer.status === 204 ? undefined : await answer.json()) as T
  let problem: Partial<Problem> = {}
  try {
    problem = (await answer.json()) as Problem
  } catch {
    // Not ours (a proxy's page, say): the status alone must do.
  }
  if (answer.status === 401 && session.value) ended.value = true
  throw new Failure(answer.status, problem.title ?? `Error ${answer.status}`, problem.detail ?? '', problem.field ?? null)
}

/** What to tell a person: what happened, what is safe, what to do. */
export function explain(error: unknown): { what: string; safe: string; todo: string } {
  const f = error instanceof Failure ? error : new Failure(-1, 'Something in this page failed', String(error))
  const what = f.detail && f.detail !== f.title ? `${f.title}: ${f.detail}` : f.title
  switch (f.status) {
    case 0:
      return { what, safe: 'Nothing that you entered is lost.', todo: 'Check the connection, then try again.' }
    case 202:
      return { what, safe: 'Nothing is done until then.', todo: 'Tell somebody who may do the same.' }
    case 401:
      return { what, safe: 'Your draft is kept.', todo: 'Sign in again.' }
    case 403:
      return { what, safe: 'Nothing was changed.', todo: 'Ask a lead or an administrator if you need this.' }
    case 404:
      return { what, safe: 'Nothing was changed.', todo: 'It may have been deleted or erased. Check the address.' }
    case 409:
      return { what, safe: 'Nothing was changed by you.', todo: 'Reload to see how things are now.' }
    case 410:
      return { what, safe: 'The record of it is kept.', todo: 'Decide from what is shown, or pass the case on.' }
    case 422:
      return { what, safe: 'Nothing was stored.', todo: 'Correct the entry and send it again.' }
    case 429:
      return { what, safe: 'Nothing was changed.', todo: 'Wait a little, then try again.' }
    case 503:
      return { what, safe: 'Everything accepted so far is safe.', todo: 'Try again in a minute; tell the operator if it stays.' }
    default:
      return { what, safe: 'Nothing was changed as far as is known.', todo: 'Reload and check, then try again.' }
  }
}
