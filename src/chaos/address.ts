/** Addresses as text: "HOST:PORT", "[::1]:PORT", ":PORT". */

/** Where to listen or connect to. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Reads an address; `bareHost` is the host where only a port is given. Undefined if it is none. */
export function parseAddress(text: string, bareHost: string): Address | undefined {
  const match = /^(?:(\[[0-9a-fA-F:.%\w]+\]|[^:[\]\s]*):)?(\d{1,5})$/.exec(text.trim());
  if (!match) return undefined;
  const port = Number(match[2]);
  if (port > 65_535) return undefined;
  const host = (match[1] ?? "").replace(/^\[|\]$/g, "");
  return { host: host === "" ? bareHost : host, port };
}

/** The text of an address. */
export function formatAddress({ host, port }: Address): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
