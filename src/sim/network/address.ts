/**
 * IP addresses as text in one canonical form, so that equal addresses are equal strings: IPv4 dotted,
 * IPv6 compressed as RFC 5952 says, IPv4-mapped IPv6 as "::ffff:10.0.0.1".
 */

/** 4 or 6. */
export type Family = 4 | 6;

const octet = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";
const ipv4 = new RegExp(`^${octet}(?:\\.${octet}){3}$`);

/** Whether `text` is an IPv4 address in its canonical form. */
export function isIPv4(text: string): boolean {
  return ipv4.test(text);
}

/**
 * The eight groups of an IPv6 address (a zone such as "%eth0" is dropped). Returns `undefined` if `text` is
 * not an IPv6 address.
 */
export function parseIPv6(text: string): number[] | undefined {
  const zone = text.indexOf("%");
  let body = zone < 0 ? text : text.slice(0, zone);
  if (!body.includes(":")) return undefined;
  const lastColon = body.lastIndexOf(":");
  const tail = body.slice(lastColon + 1);
  if (tail.includes(".")) {
    if (!isIPv4(tail)) return undefined;
    const [a, b, c, d] = tail.split(".").map(Number) as [number, number, number, number];
    body = `${body.slice(0, lastColon + 1)}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  }
  const halves = body.split("::");
  if (halves.length > 2) return undefined;
  const read = (half: string): number[] | undefined => {
    if (half === "") return [];
    const groups: number[] = [];
    for (const group of half.split(":")) {
      if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return undefined;
      groups.push(Number.parseInt(group, 16));
    }
    return groups;
  };
  const before = read(halves[0] as string);
  const after = halves.length === 2 ? read(halves[1] as string) : [];
  if (before === undefined || after === undefined) return undefined;
  const missing = 8 - before.length - after.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  return [...before, ...Array.from({ length: Math.max(missing, 0) }, () => 0), ...after];
}

/** The canonical text of eight groups. */
export function formatIPv6(groups: readonly number[]): string {
  const mapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (mapped) {
    const [high, low] = groups.slice(6) as [number, number];
    return `::ffff:${high >> 8}.${high & 0xff}.${low >> 8}.${low & 0xff}`;
  }
  // RFC 5952: the longest run of at least two zero groups; the first if several are equally long.
  let bestAt = -1;
  let bestLength = 1;
  for (let at = 0; at < 8; at++) {
    let end = at;
    while (end < 8 && groups[end] === 0) end++;
    if (end - at > bestLength) {
      bestAt = at;
      bestLength = end - at;
    }
    if (end > at) at = end;
  }
  const text = (part: readonly number[]): string =>
    part.map((group) => group.toString(16)).join(":");
  if (bestAt < 0) return text(groups);
  return `${text(groups.slice(0, bestAt))}::${text(groups.slice(bestAt + bestLength))}`;
}

/** The canonical form of an address of either family, or `undefined` if `text` is not an address. */
export function canonical(text: string): string | undefined {
  if (isIPv4(text)) return text;
  const groups = parseIPv6(text);
  return groups === undefined ? undefined : formatIPv6(groups);
}

/** Returns 4 or 6, or 0 if `text` is not an address. */
export function familyOf(text: string): Family | 0 {
  if (isIPv4(text)) return 4;
  return parseIPv6(text) === undefined ? 0 : 6;
}

/** Converts "::ffff:10.0.0.1" to "10.0.0.1"; returns any other address unchanged. */
export function unmapped(address: string): string {
  return address.startsWith("::ffff:") && address.includes(".") ? address.slice(7) : address;
}

/** Whether the address is "0.0.0.0" or "::". */
export function isWildcard(address: string): boolean {
  return address === "0.0.0.0" || address === "::";
}

/** Whether the address is in 127.0.0.0/8 or is ::1. */
export function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1";
}

/** Whether the address is in 224.0.0.0/4 or ff00::/8. */
export function isMulticast(address: string): boolean {
  if (address.includes(":")) return /^ff[0-9a-f]{2}:/.test(address);
  const first = Number.parseInt(address, 10);
  return first >= 224 && first <= 239;
}

/**
 * Whether an address belongs to the world's network: 10.0.0.0/16, fd00::/64 and fe80::/64. No other network
 * is reachable.
 */
export function isOnNetwork(address: string): boolean {
  return address.startsWith("10.0.") || address.startsWith("fd00:") || address.startsWith("fe80:");
}

/** Whether the address is the limited broadcast address or that of the world's network. */
export function isBroadcast(address: string): boolean {
  return address === "255.255.255.255" || address === "10.0.255.255";
}
