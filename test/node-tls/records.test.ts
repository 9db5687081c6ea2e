/** TLS records inside a world: sized as TLS's, and no byte of a protected one can change unseen. */
import { describe, expect, it } from "vitest";
import { Content, encodeRecords, RecordReader } from "../../src/node/bindings/tls/records.ts";

function read(bytes: Uint8Array, protection: "tls12" | "tls13"): unknown {
  const reader = new RecordReader();
  reader.protection = protection;
  reader.push(bytes);
  const record = reader.next();
  return typeof record === "object" ? Buffer.from(record.content).toString() : record;
}

describe("a protected record", () => {
  for (const [protection, overhead] of [
    ["tls12", 5 + 8 + 16],
    ["tls13", 5 + 1 + 16],
  ] as const) {
    const [record] = encodeRecords(Content.application, Buffer.from("hello"), protection);
    const bytes = record as Uint8Array;

    it(`is as long as ${protection} makes it, and gives back its content`, () => {
      expect(bytes.length).toBe(5 + overhead);
      expect(read(bytes, protection)).toBe("hello");
    });

    it(`of ${protection} tells of any bit that was changed on its way`, () => {
      for (let at = 5; at < bytes.length; at++) {
        const spoiled = Uint8Array.from(bytes);
        spoiled[at] = (spoiled[at] as number) ^ 1;
        expect(read(spoiled, protection)).toBe("badRecordMac");
      }
    });
  }
});
