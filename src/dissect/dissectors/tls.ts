/** Dissects TLS records: what kind they are, and the name that a client asks for. Their contents stay encrypted. */
import { type Dissector, Malformed } from "../message.ts";
import { Reader } from "../reader.ts";
import { size } from "../text.ts";

const contentTypes: Readonly<Record<number, string>> = {
  20: "change cipher spec",
  21: "alert",
  22: "handshake",
  23: "application data",
};
const handshakes: Readonly<Record<number, string>> = {
  ...{ 1: "ClientHello", 2: "ServerHello", 4: "NewSessionTicket", 8: "EncryptedExtensions" },
  ...{
    11: "Certificate",
    12: "ServerKeyExchange",
    13: "CertificateRequest",
    14: "ServerHelloDone",
  },
  ...{ 15: "CertificateVerify", 16: "ClientKeyExchange", 20: "Finished" },
};
const HEAD = 5;

export const tls: Dissector = {
  name: "tls",
  title: "TLS",
  ports: [443],
  over: "stream",
  filters: ["tls.type", "tls.name"],
  looks(bytes) {
    if (contentTypes[bytes[0] ?? 0] === undefined || bytes[1] !== 3 || (bytes[2] ?? 9) > 4)
      return 0;
    return bytes[0] === 22 ? 3 : 2;
  },
  open: () => ({
    read(bytes, at) {
      if (at + HEAD > bytes.length) return undefined;
      const kind = contentTypes[bytes[at] as number];
      const end = at + HEAD + (((bytes[at + 3] as number) << 8) | (bytes[at + 4] as number));
      if (kind === undefined || bytes[at + 1] !== 3) throw new Malformed("no record");
      if (end > bytes.length) return undefined;
      const reader = new Reader(bytes, at, end);
      reader.uint("type", 1, () => kind);
      reader.uint("version", 2, (version) => `3.${version & 255}`);
      const length = reader.uint("length", 2);
      // After the first message of its own, a handshake may be encrypted.
      const message = kind === "handshake" ? handshakes[bytes[reader.at] as number] : undefined;
      const name = message === "ClientHello" ? serverName(bytes.subarray(at, end)) : undefined;
      if (message !== undefined) reader.note("message", message, reader.at);
      reader.raw("data");
      const type = message ?? kind;
      return {
        protocol: tls.name,
        role: "other",
        summary: `TLS ${type}${name === undefined ? "" : ` ${name}`}${message === undefined ? ` ${size(length)}` : ""}`,
        start: at,
        end,
        fields: reader.fields,
        flat: { "tls.type": type, ...(name !== undefined && { "tls.name": name }) },
      };
    },
  }),
};

/** The server name of a ClientHello: extension 0, which holds a list with one host name. */
function serverName(record: Uint8Array): string | undefined {
  try {
    const reader = new Reader(record, HEAD + 4 + 2 + 32);
    reader.skip(reader.uint("", 1));
    reader.skip(reader.uint("", 2));
    reader.skip(reader.uint("", 1));
    reader.skip(2);
    while (reader.left > 4) {
      const type = reader.uint("", 2);
      const length = reader.uint("", 2);
      if (type === 0) {
        reader.skip(3);
        return reader.text("", reader.uint("", 2));
      }
      reader.skip(length);
    }
  } catch {
    // A hello that is cut into several records has no name here.
  }
  return undefined;
}
