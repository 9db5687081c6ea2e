/** The errors of c-ares: their names as Node reports them, and their texts. */

/** c-ares's numbers, with their names without the leading E and the text of `ares_strerror`. */
const errors: readonly (readonly [code: number, name: string, text: string])[] = [
  [0, "", "Successful completion"],
  [1, "ENODATA", "DNS server returned answer with no data"],
  [2, "EFORMERR", "DNS server claims query was misformatted"],
  [3, "ESERVFAIL", "DNS server returned general failure"],
  [4, "ENOTFOUND", "Domain name not found"],
  [5, "ENOTIMP", "DNS server does not implement requested operation"],
  [6, "EREFUSED", "DNS server refused query"],
  [7, "EBADQUERY", "Misformatted DNS query"],
  [8, "EBADNAME", "Misformatted domain name"],
  [9, "EBADFAMILY", "Unsupported address family"],
  [10, "EBADRESP", "Misformatted DNS reply"],
  [11, "ECONNREFUSED", "Could not contact DNS servers"],
  [12, "ETIMEOUT", "Timeout while contacting DNS servers"],
  [13, "EOF", "End of file"],
  [14, "EFILE", "Error reading file"],
  [15, "ENOMEM", "Out of memory"],
  [16, "EDESTRUCTION", "Channel is being destroyed"],
  [17, "EBADSTR", "Misformatted string"],
  [24, "ECANCELLED", "DNS query cancelled"],
];

/** Returns c-ares's text for an error number (mostly used if setting the servers failed). */
export function errorText(code: number): string {
  if (code === -1000) return "There are pending queries.";
  return errors.find(([number]) => number === code)?.[2] ?? "unknown";
}

/** Returns Node's name for a response code (RFC 1035, 4.1.1). */
export function nameOfResponseCode(code: number): string {
  const names = ["", "EFORMERR", "ESERVFAIL", "ENOTFOUND", "ENOTIMP", "EREFUSED"];
  return names[code] ?? "EBADRESP";
}
