// Every call that the console makes, as types: the contract between the console and src/api/console_*.c.
// Words are those of src/store/migrations/0001_initial.sql. Every field is always present; what is not known is null
// (never missing), lists may be empty. Ids are canonical UUIDs, times RFC 3339 UTC with milliseconds, media ids 64 hex
// digits. Errors are RFC 9457 problems (application/problem+json). api/console.md has one line for each route.

export type * from './api/common.ts'
export type * from './api/session.ts'
export type * from './api/cases.ts'
export type * from './api/items.ts'
export type * from './api/copies.ts'
export type * from './api/trail.ts'
export type * from './api/banks.ts'
export type * from './api/policy.ts'
export type * from './api/people.ts'
export type * from './api/operate.ts'
