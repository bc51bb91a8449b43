// Takes out of a bank what was just added to it.
import type { AddedEntry, Bank, BulkDone } from '../api.ts'
import { call } from '../app/http.ts'

/** What one import has added, by the ids between which it lies. Returns how many. */
export async function takeOutBetween(bank: Bank, from: string, to: string): Promise<number> {
  let n = 0
  for (let at: string | null | undefined; at !== null;) {
    const a: BulkDone = await call<BulkDone>('POST', ['banks', bank.id, 'bulk'], { do: 'remove', from, to, ...(at ? { at } : {}) })
    n += a.done
    at = a.at
  }
  return n
}

/** Entries that were not there before. */
export async function takeOut(bank: Bank, entries: AddedEntry[]): Promise<number> {
  for (const e of entries) await call('DELETE', ['banks', bank.id, 'entries', e.id])
  return entries.length
}
