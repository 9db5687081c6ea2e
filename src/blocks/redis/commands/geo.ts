/** Positions on the earth in sorted sets: GEOADD, GEODIST, GEOHASH, GEOPOS (geo.c). */
import { Double, NULL_ARRAY, type Reply } from "../../../wire/index.ts";
import type { Client } from "../client.ts";
import type { CommandTable } from "../command.ts";
import { err, SYNTAX } from "../errors.ts";
import {
  distanceMetres,
  geohashText,
  LATITUDE,
  LONGITUDE,
  type Position,
  positionOf,
  scoreOf,
} from "../geohash.ts";
import { parseFloat64 } from "../numbers.ts";
import { ZSetValue } from "../values/zset.ts";
import { addMembers } from "./zsets.ts";

/** Parses a longitude and a latitude. Throws if they are outside the range that can be encoded. */
export function parsePosition(longitudeText: string, latitudeText: string): Position {
  const longitude = parseFloat64(longitudeText);
  const latitude = parseFloat64(latitudeText);
  const outside =
    longitude < LONGITUDE.min ||
    longitude > LONGITUDE.max ||
    latitude < LATITUDE.min ||
    latitude > LATITUDE.max;
  if (outside) {
    throw err(`invalid longitude,latitude pair ${longitude.toFixed(6)},${latitude.toFixed(6)}`);
  }
  return { longitude, latitude };
}

const metres: Readonly<Record<string, number>> = { m: 1, km: 1_000, ft: 0.3048, mi: 1_609.34 };

/** Returns the number of metres in a unit. */
export function parseUnit(text: string): number {
  const unit = metres[text.toLowerCase()];
  if (unit === undefined) throw err("unsupported unit provided. please use M, KM, FT, MI");
  return unit;
}

/** Formats a distance with four decimal places. */
export function distanceText(distance: number): string {
  return (roundHalfToEven(distance * 10_000) / 10_000).toFixed(4);
}

function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** Formats a coordinate as Redis does: all digits of the double, up to seventeen decimal places. */
export function coordinate(value: number): Double {
  return new Double(value, value.toFixed(17).replace(/\.?0+$/, ""));
}

export function positionReply({ longitude, latitude }: Position): Reply {
  return [coordinate(longitude), coordinate(latitude)];
}

function geoadd(client: Client, args: string[]): Reply {
  let at = 2;
  const options: string[] = [];
  while (at < args.length && /^(nx|xx|ch)$/i.test(args[at] as string)) {
    options.push((args[at++] as string).toUpperCase());
  }
  const both = options.includes("NX") && options.includes("XX");
  if ((args.length - at) % 3 !== 0 || both) throw SYNTAX;
  const pairs: string[] = [];
  for (; at < args.length; at += 3) {
    const position = parsePosition(args[at] as string, args[at + 1] as string);
    pairs.push(String(scoreOf(position)), args[at + 2] as string);
  }
  return addMembers(client, ["ZADD", args[1] as string, ...options, ...pairs]);
}

function positionsOf(client: Client, args: string[]): (Position | undefined)[] {
  const set = client.db.get(ZSetValue, args[1] as string);
  return args.slice(2).map((member) => {
    const score = set?.scores.get(member);
    return score === undefined ? undefined : positionOf(score);
  });
}

function geodist(client: Client, args: string[]): Reply {
  if (args.length > 5) throw SYNTAX;
  const unit = args[4] === undefined ? 1 : parseUnit(args[4]);
  const [from, to] = positionsOf(client, args.slice(0, 4));
  if (from === undefined || to === undefined) return null;
  return distanceText(distanceMetres(from, to) / unit);
}

export const geo: CommandTable = {
  geoadd: [geoadd, -5, "wm", 1, 1, 1],
  geodist: [geodist, -4, "r", 1, 1, 1],
  geohash: [
    (client, args) =>
      positionsOf(client, args).map((position) => (position ? geohashText(position) : null)),
    -2,
    "r",
    1,
    1,
    1,
  ],
  geopos: [
    (client, args) =>
      positionsOf(client, args).map((position) =>
        position ? positionReply(position) : NULL_ARRAY,
      ),
    -2,
    "r",
    1,
    1,
    1,
  ],
};
