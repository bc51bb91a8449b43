// Requests that two readers of the same bytes could frame differently, or that no client sends. One row a probe:
//   [name, bytes, what a right answer is]
// `refused`: one answer of 4xx or 5xx or none, no handler reached, and nothing behind it on the connection is answered.
// A number: exactly this status. `body` probes carry a second request behind them (SMUGGLED): it must never be answered
// when the first was refused. KEY stands for a key.
export const SMUGGLED = 'GET /v1/openapi.yaml HTTP/1.1\r\nHost: smuggled\r\n\r\n'
const post = (head, body = '') => `POST /v1/flags HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer KEY\r\nContent-Type: application/json\r\n${head}\r\n${body}`
const get = (head, path = '/v1/openapi.yaml') => `GET ${path} HTTP/1.1\r\nHost: a\r\n${head}\r\n`
const line = (first) => `${first}\r\nHost: a\r\n\r\n`
const chunked = (body, more = '') => post(`Transfer-Encoding: chunked\r\n${more}`, body)

/** The fourteen of the survey that chose the library: no packaged C server passed all. */
export const FOURTEEN = [
  ['two lengths that differ', post('Content-Length: 2\r\nContent-Length: 40\r\n', '{}'), 'refused'],
  ['two lengths that agree', post('Content-Length: 2\r\nContent-Length: 2\r\n', '{}'), 'refused'],
  ['a length and chunked', post('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'), 'refused'],
  ['chunked and a length', post('Transfer-Encoding: chunked\r\nContent-Length: 5\r\n', '0\r\n\r\n'), 'refused'],
  ['an unknown coding', post('Transfer-Encoding: xchunked\r\n', '0\r\n\r\n'), 'refused'],
  ['chunked twice', post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'), 'refused'],
  ['a space before the colon', post('Transfer-Encoding : chunked\r\n', '0\r\n\r\n'), 'refused'],
  ['a folded line', get('X: a\r\n b\r\n'), 'refused'],
  ['a NUL in a value', get('X: a\0b\r\n'), 'refused'],
  ['a bare LF after a header', get('X: a\nY: b\r\n'), 'refused'],
  ['no Host', 'GET /v1/openapi.yaml HTTP/1.1\r\n\r\n', 'refused'],
  ['two Hosts', get('Host: b\r\n'), 'refused'],
  ['a chunk size that overflows', chunked('ffffffffffffffff1\r\n{}\r\n0\r\n\r\n'), 'refused'],
  ['a length with a sign', post('Content-Length: +2\r\n', '{}'), 'refused'],
]

export const MORE = [
  // lengths
  ['a negative length', post('Content-Length: -1\r\n', '{}'), 'refused'],
  ['a length in hex', post('Content-Length: 0x2\r\n', '{}'), 'refused'],
  ['a list of lengths', post('Content-Length: 2, 2\r\n', '{}'), 'refused'],
  ['an empty length', post('Content-Length:\r\n', '{}'), 'refused'],
  ['a length with a space inside', post('Content-Length: 1 2\r\n', '{}'), 'refused'],
  ['a length with a letter', post('Content-Length: 2a\r\n', '{}'), 'refused'],
  ['a length beyond 64 bits', post('Content-Length: 18446744073709551618\r\n', '{}'), 'refused'],
  ['a length beyond reason', post('Content-Length: 99999999999999\r\n', '{}'), 'refused'],
  ['a length with a fraction', post('Content-Length: 2.0\r\n', '{}'), 'refused'],
  ['a length behind a vertical tab', post('Content-Length: \x0b2\r\n', '{}'), 'refused'],
  ['lengths of different case', post('content-length: 2\r\nCONTENT-LENGTH: 3\r\n', '{}x'), 'refused'],
  ['a length hidden by an underscore', post('Content_Length: 99\r\nContent-Length: 2\r\n', '{}'), 422],
  // codings
  ['chunked after gzip', post('Transfer-Encoding: gzip, chunked\r\n', '0\r\n\r\n'), 'refused'],
  ['chunked before identity', post('Transfer-Encoding: chunked, identity\r\n', '0\r\n\r\n'), 'refused'],
  ['identity', post('Transfer-Encoding: identity\r\nContent-Length: 2\r\n', '{}'), 'refused'],
  ['an empty coding', post('Transfer-Encoding:\r\nContent-Length: 2\r\n', '{}'), 'refused'],
  ['a quoted coding', post('Transfer-Encoding: "chunked"\r\n', '0\r\n\r\n'), 'refused'],
  ['a coding with a parameter', post('Transfer-Encoding: chunked;q=1\r\n', '0\r\n\r\n'), 'refused'],
  ['a coding behind a vertical tab', post('Transfer-Encoding: \x0bchunked\r\n', '0\r\n\r\n'), 'refused'],
  ['a coding behind a NUL', post('Transfer-Encoding: \0chunked\r\n', '0\r\n\r\n'), 'refused'],
  ['a coding with a trailing comma', post('Transfer-Encoding: chunked,\r\n', '0\r\n\r\n'), 'refused'],
  ['a folded coding', post('Transfer-Encoding:\r\n chunked\r\n', '0\r\n\r\n'), 'refused'],
  ['a coding in HTTP/1.0 beside a length', post('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n').replace('1.1', '1.0'), 'refused'],
  ['a coding after a bare CR', post('X: a\rTransfer-Encoding: chunked\r\nContent-Length: 2\r\n', '{}'), 'refused'],
  ['a coding after a bare LF', post('X: a\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n', '{}'), 'refused'],
  // chunks
  ['a chunk size without digits', chunked('\r\n{}\r\n0\r\n\r\n'), 'refused'],
  ['a chunk size with a sign', chunked('+2\r\n{}\r\n0\r\n\r\n'), 'refused'],
  ['a negative chunk size', chunked('-2\r\n{}\r\n0\r\n\r\n'), 'refused'],
  ['a chunk size in hex notation', chunked('0x2\r\n{}\r\n0\r\n\r\n'), 'refused'],
  ['a chunk size with letters behind', chunked('2z\r\n{}\r\n0\r\n\r\n'), 'refused'],
  ['a chunk longer than its size', chunked('1\r\n{}\r\n0\r\n\r\n'), 'refused'],
  ['a chunk size of 4 GiB', chunked('100000000\r\n{}'), 'bounded'],
  // heads
  ['a bare LF after the first line', 'GET /v1/openapi.yaml HTTP/1.1\nHost: a\r\n\r\n', 'refused'],
  ['bare LFs throughout', 'GET /v1/openapi.yaml HTTP/1.1\nHost: a\n\n', 'refused'],
  ['a bare LF at the end of the head', 'GET /v1/openapi.yaml HTTP/1.1\r\nHost: a\r\n\n', 'refused'],
  ['a bare CR in a value', get('X: a\rb\r\n'), 'refused'],
  ['a bell in a value', get('X: a\x07\r\n'), 'refused'],
  ['a DEL in a value', get('X: a\x7f\r\n'), 'refused'],
  ['a NUL in a name', get('X\0Y: a\r\n'), 'refused'],
  ['a space in a name', get('X Y: a\r\n'), 'refused'],
  ['a space before a name', get(' X: a\r\n'), 'refused'],
  ['a tab before the colon', get('X\t: a\r\n'), 'refused'],
  ['brackets in a name', get('X(y): a\r\n'), 'refused'],
  ['an empty name', get(': a\r\n'), 'refused'],
  ['a line without a colon', get('nocolon\r\n'), 'refused'],
  ['a folded first header', 'GET /v1/openapi.yaml HTTP/1.1\r\n Host: a\r\n\r\n', 'refused'],
  ['a second Host of other case', get('hOST: b\r\n'), 'refused'],
  ['two keys', get('Authorization: Bearer a\r\nAuthorization: Bearer b\r\n'), 'refused'],
  ['bytes above 127 in a name', get('X\xe9: a\r\n'), 'refused'],
  // first lines
  ['version 2', line('GET /v1/openapi.yaml HTTP/2.0'), 'refused'],
  ['version 1.2', line('GET /v1/openapi.yaml HTTP/1.2'), 'refused'],
  ['version 0.9', line('GET /v1/openapi.yaml HTTP/0.9'), 'refused'],
  ['a version of lower case', line('GET /v1/openapi.yaml http/1.1'), 'refused'],
  ['no version', line('GET /v1/openapi.yaml'), 'refused'],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'refused'],
  ['a TLS hello', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n', 'refused'],
  ['an unknown method', line('FROBNICATE /v1/openapi.yaml HTTP/1.1'), 'refused'],
  ['CONNECT', 'CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: 127.0.0.1:22\r\n\r\n', 'refused'],
  ['TRACE', line('TRACE /v1/openapi.yaml HTTP/1.1'), 'refused'],
  ['a method of lower case', line('get /v1/openapi.yaml HTTP/1.1'), 'refused'],
  ['an absolute address', line('GET http://elsewhere/v1/openapi.yaml HTTP/1.1'), 'refused'],
  ['a path that climbs', line('GET /v1/../v1/openapi.yaml HTTP/1.1'), 'refused'],
  ['an encoded path that climbs', line('GET /console/%2e%2e/%2e%2e/etc/passwd HTTP/1.1'), 'harmless'],
  ['a NUL in the path', line('GET /v1/openapi.yaml%00 HTTP/1.1'), 'refused'],
  ['a raw NUL in the path', line('GET /v1/openapi.yaml\0 HTTP/1.1'), 'refused'],
  ['two spaces in the first line', line('GET  /v1/openapi.yaml HTTP/1.1'), 'refused'],
  ['an asterisk', line('OPTIONS * HTTP/1.1'), 'refused'],
  ['a fragment', line('GET /v1/openapi.yaml#x HTTP/1.1'), 'refused'],
  ['a query where none is known', line('GET /v1/openapi.yaml?x=1 HTTP/1.1'), 422],
  ['a tab in the first line', line('GET\t/v1/openapi.yaml HTTP/1.1'), 'refused'],
  ['a space behind the first line', line('GET /v1/openapi.yaml HTTP/1.1 '), 'refused'],
  ['a NUL in the query', line('GET /v1/openapi.yaml?\0 HTTP/1.1'), 'refused'],
  ['a NUL in the method', line('GET\0 /v1/openapi.yaml HTTP/1.1'), 'refused'],
  ['a body where none is due', get('Content-Length: 2\r\n') + '{}', 400],
  // sizes
  ['a path of 100 kB', line(`GET /${'a'.repeat(100_000)} HTTP/1.1`), 'refused'],
  ['a header of 100 kB', get(`X: ${'a'.repeat(100_000)}\r\n`), 'refused'],
  ['a header name of 100 kB', get(`${'X'.repeat(100_000)}: a\r\n`), 'refused'],
  ['5,000 headers', get('X: a\r\n'.repeat(5000)), 'refused'],
  ['a cookie of 100 kB', get(`Cookie: ${'a=b; '.repeat(20_000)}\r\n`), 'refused'],
]

/** What a good client sends: none of the above may be bought with refusing these. */
export const GOOD = [
  ['a plain request', get(''), 200],
  ['names of any case, no space', 'GET /v1/openapi.yaml HTTP/1.1\r\nhOST:a\r\n\r\n', 200],
  ['HTTP/1.0', get('').replace('1.1', '1.0'), 200],
  ['a value that is empty', get('X:\r\n'), 200],
  ['UTF-8 in a value', get('X: \xc3\xa9\r\n'), 200],
  ['tabs around a value', get('X: \tz\t \r\n'), 200],
  ['a length', post('Content-Length: 2\r\n', '{}'), 422],
  ['chunks', chunked('2\r\n{}\r\n0\r\n\r\n'), 422],
  ['chunks with an extension', chunked('2;a=b\r\n{}\r\n0\r\n\r\n'), 422],
  ['a chunk size with zeros in front', chunked('0002\r\n{}\r\n0\r\n\r\n'), 422],
  ['an expectation', post('Content-Length: 2\r\nExpect: 100-continue\r\n', '{}'), 422],
]
