// Text written by others, cut into pieces for showing. Detectors say where a term stands in bytes of UTF-8; the browser
// counts in UTF-16. Characters that hide or reorder text become visible pieces of their own. Pure functions.

export interface Span {
  from: number // bytes
  to: number
  title: string
}
export interface Piece {
  text: string
  titles: string[] // of the spans that cover it; empty: plain
  hidden: string | null // "U+202E" when the piece is one such character
}

// Direction overrides and isolates, zero width, soft hyphen, tags, other controls (not tab and line feed).
const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\u{e0000}-\u{e007f}]/u

function byteLength(code: number): number {
  return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
}

/** Pieces in order; together they are exactly the text. A span that cuts a character takes the whole of it. */
export function pieces(text: string, spans: Span[]): Piece[] {
  const out: Piece[] = []
  let byte = 0
  let open: Piece | null = null
  let openKey = ''
  for (const char of text) {
    const code = char.codePointAt(0) as number
    const end = byte + byteLength(code >= 0xd800 && code <= 0xdfff ? 0xfffd : code)
    const titles = spans.filter((s) => s.from < end && s.to > byte).map((s) => s.title)
    const hidden = HIDDEN.test(char) ? 'U+' + code.toString(16).toUpperCase().padStart(4, '0') : null
    const key = titles.join('\n')
    if (open && !hidden && key === openKey) {
      open.text += char
    } else {
      const piece: Piece = { text: char, titles, hidden }
      out.push(piece)
      open = hidden ? null : piece
      openKey = key
    }
    byte = end
  }
  return out
}
