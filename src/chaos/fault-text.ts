/** Faults as they are written on the command line: `latency,by=100ms..300ms,stream=upstream`. */
import { LightconeError } from "../base/errors.ts";
import { parseDurationNs, parseRangeNs } from "../base/units.ts";
import { ApiError } from "./api-error.ts";
import { newToxic } from "./collection.ts";
import { findToxicKind, toxicKinds } from "./registry.ts";
import type { Toxic, ToxicKind, Unit } from "./toxic.ts";

/** Reads a fault. Throws `LC_USAGE`, naming what is wrong. */
export function parseFault(text: string): Toxic {
  const [word = "", ...settings] = text.split(",");
  const kind = findToxicKind(word.trim());
  if (kind === undefined) {
    const known = toxicKinds.map(({ type }) => type).join(", ");
    throw usage(text, `no fault ${JSON.stringify(word)}`, `There are: ${known}.`);
  }
  const given: Record<string, unknown> = { type: kind.type };
  const attributes: Record<string, number> = {};
  for (const setting of settings) {
    const at = setting.indexOf("=");
    if (at <= 0) throw usage(text, `${JSON.stringify(setting)} is not NAME=VALUE`);
    const name = setting.slice(0, at).trim();
    const value = setting.slice(at + 1).trim();
    if (name === "stream" || name === "name") given[name] = value;
    else if (name === "toxicity") given[name] = numberOf(text, name, value);
    else Object.assign(attributes, readSetting(text, kind, name, value));
  }
  try {
    return newToxic({ ...given, attributes });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    throw usage(text, error.message.replace("bad request body: ", ""));
  }
}

function readSetting(
  text: string,
  kind: ToxicKind,
  name: string,
  value: string,
): Record<string, number> {
  // The words that worlds use.
  if (kind.type === "latency" && name === "by") {
    const { minNs, maxNs } = parseRangeNs(value, `--fault ${text}: by`);
    return { latency: (minNs + maxNs) / 2e6, jitter: (maxNs - minNs) / 2e6 };
  }
  if (kind.type === "bandwidth" && name === "bytesPerSecond") {
    return { rate: numberOf(text, name, value) / 1_000 };
  }
  const attribute = Object.hasOwn(kind.attributes, name) ? kind.attributes[name] : undefined;
  if (attribute === undefined) {
    const known = [...Object.keys(kind.attributes), "stream", "toxicity", "name"].join(", ");
    throw usage(text, `${kind.type} has no ${JSON.stringify(name)}`, `It has: ${known}.`);
  }
  return { [name]: readValue(text, name, attribute.unit, value) };
}

/** A bare number has the attribute's unit, as in the API. */
function readValue(text: string, name: string, unit: Unit, value: string): number {
  const isTime = unit === "ms" || unit === "µs";
  if (!isTime || /^[0-9.]+$/.test(value)) return numberOf(text, name, value);
  const ns = parseDurationNs(value, `--fault ${text}: ${name}`);
  return ns / (unit === "ms" ? 1_000_000 : 1_000);
}

function numberOf(text: string, name: string, value: string): number {
  const number = value === "" ? NaN : Number(value);
  if (Number.isFinite(number)) return number;
  throw usage(text, `${name}: ${JSON.stringify(value)} is not a number`);
}

function usage(text: string, what: string, hint?: string): LightconeError {
  return new LightconeError("LC_USAGE", `--fault ${text}: ${what}`, hint);
}
