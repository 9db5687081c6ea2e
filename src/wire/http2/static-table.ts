/** The static table of HPACK (RFC 7541, appendix A): 61 header fields that both sides know. */

const rows = `:authority
:method GET
:method POST
:path /
:path /index.html
:scheme http
:scheme https
:status 200
:status 204
:status 206
:status 304
:status 400
:status 404
:status 500
accept-charset
accept-encoding gzip, deflate
accept-language
accept-ranges
accept
access-control-allow-origin
age
allow
authorization
cache-control
content-disposition
content-encoding
content-language
content-length
content-location
content-range
content-type
cookie
date
etag
expect
expires
from
host
if-match
if-modified-since
if-none-match
if-range
if-unmodified-since
last-modified
link
location
max-forwards
proxy-authenticate
proxy-authorization
range
referer
refresh
retry-after
server
set-cookie
strict-transport-security
transfer-encoding
user-agent
vary
via
www-authenticate`;

/** A header field: name and value, one byte per character. */
export interface HeaderField {
  readonly name: string;
  readonly value: string;
}

/** The fields in order. HPACK's index 1 is the first. */
export const staticTable: readonly HeaderField[] = rows.split("\n").map((row) => {
  const space = row.indexOf(" ");
  return space < 0
    ? { name: row, value: "" }
    : { name: row.slice(0, space), value: row.slice(space + 1) };
});

/** The first index of each name. */
export const staticNames: ReadonlyMap<string, number> = new Map(
  staticTable.map(({ name }, i) => [name, i + 1] as const).reverse(),
);

/** The index of each field, by name and value separated by a zero byte. */
export const staticFields: ReadonlyMap<string, number> = new Map(
  staticTable.map(({ name, value }, i) => [`${name}\0${value}`, i + 1] as const),
);
