/**
 * CRC-64 as Redis computes it for dumps and RDB files: the Jones polynomial, reflected, with
 * initial value zero. It uses two 32-bit halves, because JavaScript's 64-bit integers are slow.
 */

const POLYNOMIAL_LOW = 0xac4bc9b5;
const POLYNOMIAL_HIGH = 0x95ac9329;

let tables: { low: Uint32Array; high: Uint32Array } | undefined;

function makeTables(): { low: Uint32Array; high: Uint32Array } {
  const made = { low: new Uint32Array(256), high: new Uint32Array(256) };
  for (let byte = 0; byte < 256; byte++) {
    let low = byte;
    let high = 0;
    for (let bit = 0; bit < 8; bit++) {
      const odd = (low & 1) === 1;
      low = (low >>> 1) | (high << 31);
      high >>>= 1;
      if (odd) {
        low ^= POLYNOMIAL_LOW;
        high ^= POLYNOMIAL_HIGH;
      }
    }
    made.low[byte] = low;
    made.high[byte] = high;
  }
  return made;
}

/**
 * Returns the checksum of the first `length` bytes, as the eight bytes that follow them in a dump.
 */
export function crc64(text: string, length: number = text.length): string {
  tables ??= makeTables();
  const { low: tableLow, high: tableHigh } = tables;
  let low = 0;
  let high = 0;
  for (let at = 0; at < length; at++) {
    const index = (low ^ text.charCodeAt(at)) & 0xff;
    low = ((low >>> 8) | (high << 24)) ^ (tableLow[index] as number);
    high = (high >>> 8) ^ (tableHigh[index] as number);
  }
  let out = "";
  for (const half of [low, high]) {
    for (let shift = 0; shift < 32; shift += 8) {
      out += String.fromCharCode((half >>> shift) & 0xff);
    }
  }
  return out;
}
