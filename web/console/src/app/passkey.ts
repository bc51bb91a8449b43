// Passkeys: what the server asks in base64url, what the browser wants in bytes, and back.
import type { NewPasskeyAsk, PasskeyAsk, Proof } from '../api.ts'

/** Whether this browser can do it at this address (an address of numbers cannot). */
export function canPasskey(): boolean {
  return 'PublicKeyCredential' in window && !/^[\d.]+$|:/.test(location.hostname)
}

const bytes = (text: string) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0))
const text = (b: ArrayBuffer) => btoa(String.fromCharCode(...new Uint8Array(b))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
const known = (ids: string[] | undefined) => (ids ?? []).map((id) => ({ type: 'public-key' as const, id: bytes(id) }))

/** Asks for a signature. The browser shows its own dialog; it throws when the person cancels. */
export async function usePasskey(ask: PasskeyAsk): Promise<Proof> {
  const made = (await navigator.credentials.get({
    publicKey: { challenge: bytes(ask.challenge), rpId: ask.rp_id, userVerification: ask.verification, allowCredentials: known(ask.allow) },
  })) as PublicKeyCredential
  const r = made.response as AuthenticatorAssertionResponse
  return {
    passkey: {
      credential: text(made.rawId),
      client_data: text(r.clientDataJSON),
      authenticator_data: text(r.authenticatorData),
      signature: text(r.signature),
      user_handle: r.userHandle ? text(r.userHandle) : null,
    },
  }
}

/** Makes one: ES256, EdDSA or RS256; findable without a name where the device can. */
export async function makePasskey(ask: NewPasskeyAsk): Promise<{ client_data: string; attestation: string }> {
  const made = (await navigator.credentials.create({
    publicKey: {
      challenge: bytes(ask.challenge),
      rp: { id: ask.rp_id, name: ask.rp_name },
      user: { id: bytes(ask.user_handle), name: ask.user_name, displayName: ask.user_name },
      pubKeyCredParams: [-7, -8, -257].map((alg) => ({ type: 'public-key', alg })),
      attestation: 'none',
      excludeCredentials: known(ask.known?.allow),
      authenticatorSelection: { residentKey: 'preferred', userVerification: 'preferred' },
    },
  })) as PublicKeyCredential
  const r = made.response as AuthenticatorAttestationResponse
  return { client_data: text(r.clientDataJSON), attestation: text(r.attestationObject) }
}

/** What to say when the browser's dialog ended without a passkey. */
export function passkeyProblem(error: unknown): string | null {
  if (!(error instanceof DOMException)) return null
  if (error.name === 'InvalidStateError') return 'This passkey is registered already.'
  return 'No passkey was used: it was cancelled, took too long, or there is none for this site here.'
}
