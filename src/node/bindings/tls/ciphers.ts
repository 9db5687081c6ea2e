/**
 * Cipher suites by name, and OpenSSL's syntax for lists of them. They do not encrypt anything here,
 * but the negotiation has the same outcome as with real ones.
 */

/** A cipher suite. */
export interface Cipher {
  readonly name: string;
  readonly standardName: string;
  /** The protocol version that introduced it, as `getCipher` reports it. */
  readonly version: string;
  readonly tls13: boolean;
  /** Its key exchange: "RSA", "ECDHE", "DHE", "PSK"; "any" for TLS 1.3. */
  readonly exchange: string;
  /** The kind of certificate that it needs; "PSK" for none. */
  readonly authentication: string;
  readonly tags: ReadonlySet<string>;
}

/** TLS 1.3's suites, in OpenSSL's order. */
const suites13 = [
  "TLS_AES_256_GCM_SHA384",
  "TLS_CHACHA20_POLY1305_SHA256",
  "TLS_AES_128_GCM_SHA256",
  "TLS_AES_128_CCM_SHA256",
  "TLS_AES_128_CCM_8_SHA256",
];

/**
 * The others in OpenSSL's order of preference: name, components, and the version that introduced
 * it.
 */
const suites12 = `ECDHE-ECDSA-AES256-GCM-SHA384
ECDHE-RSA-AES256-GCM-SHA384
DHE-RSA-AES256-GCM-SHA384
ECDHE-ECDSA-CHACHA20-POLY1305
ECDHE-RSA-CHACHA20-POLY1305
DHE-RSA-CHACHA20-POLY1305
ECDHE-ECDSA-AES128-GCM-SHA256
ECDHE-RSA-AES128-GCM-SHA256
DHE-RSA-AES128-GCM-SHA256
ECDHE-ECDSA-AES256-SHA384
ECDHE-RSA-AES256-SHA384
DHE-RSA-AES256-SHA256
ECDHE-ECDSA-AES128-SHA256
ECDHE-RSA-AES128-SHA256
DHE-RSA-AES128-SHA256
ECDHE-ECDSA-AES256-SHA
ECDHE-RSA-AES256-SHA
DHE-RSA-AES256-SHA
ECDHE-ECDSA-AES128-SHA
ECDHE-RSA-AES128-SHA
DHE-RSA-AES128-SHA
ECDHE-PSK-CHACHA20-POLY1305
DHE-PSK-AES256-GCM-SHA384
DHE-PSK-AES128-GCM-SHA256
ECDHE-PSK-AES256-CBC-SHA384
ECDHE-PSK-AES256-CBC-SHA
ECDHE-PSK-AES128-CBC-SHA256
ECDHE-PSK-AES128-CBC-SHA
AES256-GCM-SHA384
AES128-GCM-SHA256
AES256-SHA256
AES128-SHA256
AES256-SHA
AES128-SHA
PSK-AES256-GCM-SHA384
PSK-CHACHA20-POLY1305
PSK-AES128-GCM-SHA256
PSK-AES256-CBC-SHA384
PSK-AES256-CBC-SHA
PSK-AES128-CBC-SHA256
PSK-AES128-CBC-SHA`.split("\n");

function standardName(name: string, exchange: string, authentication: string): string {
  const kx = exchange === authentication ? exchange : `${exchange}_${authentication}`;
  const rest = name
    .replace(/^(ECDHE|DHE)-/, "")
    .replace(/^(ECDSA|RSA|PSK)-/, "")
    .replace("CHACHA20-POLY1305", "CHACHA20_POLY1305_SHA256")
    .replace(/AES(128|256)-/, "AES_$1-")
    .replace(/^(AES_\d+)-(SHA\d*)$/, "$1-CBC-$2")
    .replaceAll("-", "_");
  return `TLS_${kx}_WITH_${rest}`;
}

function versionOf(name: string, exchange: string): string {
  if (/GCM|CHACHA20|SHA256|SHA384/.test(name) && !/CBC-SHA(256|384)$/.test(name)) return "TLSv1.2";
  if (/CBC-SHA(256|384)$/.test(name)) return "TLSv1.0";
  return exchange === "ECDHE" ? "TLSv1.0" : "SSLv3";
}

function describe(name: string): Cipher {
  const exchange = /^(ECDHE|DHE|PSK)-/.exec(name)?.[1] ?? "RSA";
  const authentication = /(^|-)PSK-/.test(name) ? "PSK" : name.includes("ECDSA") ? "ECDSA" : "RSA";
  const tags = new Set(["ALL", "COMPLEMENTOFDEFAULT", "HIGH", "FIPS", name]);
  if (authentication !== "PSK") tags.add("DEFAULT");
  tags.add(exchange).add(`k${exchange}`).add(`a${authentication}`).add(authentication);
  if (exchange === "RSA") tags.add("kRSA");
  if (exchange === "ECDHE") for (const tag of ["EECDH", "kEECDH", "ECDH"]) tags.add(tag);
  if (exchange === "DHE") for (const tag of ["EDH", "kEDH", "DH"]) tags.add(tag);
  const bits = /AES(128|256)/.exec(name)?.[1];
  if (bits) tags.add("AES").add(`AES${bits}`);
  if (name.includes("GCM")) tags.add("AESGCM");
  if (name.includes("CHACHA20")) tags.add("CHACHA20").add("CHACHA");
  const mac = /SHA(256|384)?$/.exec(name)?.[0];
  if (mac && !name.includes("GCM")) tags.add(mac === "SHA" ? "SHA1" : mac).add(mac);
  const version = versionOf(name, exchange);
  tags.add(version);
  return {
    name,
    standardName: standardName(name, exchange, authentication),
    version,
    tls13: false,
    exchange,
    authentication,
    tags,
  };
}

/** All suites of TLS 1.2 and before, most preferred first. */
const all12: readonly Cipher[] = suites12.map(describe);
const all13: readonly Cipher[] = suites13.map((name) => ({
  name,
  standardName: name,
  version: "TLSv1.3",
  tls13: true,
  exchange: "any",
  authentication: "any",
  tags: new Set([name]),
}));

const byName = new Map([...all12, ...all13].map((cipher) => [cipher.name, cipher]));

/** Returns a suite by OpenSSL's name. */
export function cipherOf(name: string): Cipher | undefined {
  return byName.get(name);
}

/** Returns the suites of a list for TLS 1.3, which consists of names only. */
export function parseSuites(list: string): readonly Cipher[] {
  return list
    .split(":")
    .map((name) => byName.get(name))
    .filter((cipher): cipher is Cipher => cipher?.tls13 === true);
}

/** The default suites of TLS 1.3. */
export const defaultSuites: readonly Cipher[] = all13.slice(0, 3);

/** Returns the suites of an OpenSSL cipher list, in its order. Unknown words select nothing. */
export function parseCiphers(list: string): readonly Cipher[] {
  let chosen: Cipher[] = [];
  const killed = new Set<Cipher>();
  for (const part of list.split(/[:, ;]+/)) {
    // A security level, as in "DEFAULT@SECLEVEL=0", does not select ciphers.
    const word = part.replace(/@.*$/, "");
    if (word === "") continue;
    const operator = /^[!\-+]/.exec(word)?.[0] ?? "";
    const tags = word.slice(operator.length).split("+");
    const matches = all12.filter((cipher) => tags.every((tag) => cipher.tags.has(tag)));
    if (operator === "!") for (const cipher of matches) killed.add(cipher);
    if (operator === "!" || operator === "-") {
      chosen = chosen.filter((cipher) => !matches.includes(cipher));
    } else if (operator === "+") {
      const moved = chosen.filter((cipher) => matches.includes(cipher));
      chosen = [...chosen.filter((cipher) => !matches.includes(cipher)), ...moved];
    } else {
      const added = matches.filter((cipher) => !killed.has(cipher) && !chosen.includes(cipher));
      chosen = [...chosen, ...added];
    }
  }
  return chosen;
}
