/**
 * Positions as geohashes: longitude and latitude, each as a number of `step` bits, interleaved. A
 * sorted set stores them as 52-bit scores, so that positions close on the map are mostly close in
 * the set (geohash.c and geohash_helper.c of Redis).
 */

export interface Position {
  readonly longitude: number;
  readonly latitude: number;
}

interface Range {
  readonly min: number;
  readonly max: number;
}

/** A cell of the map. */
interface Cell {
  readonly x: number;
  readonly y: number;
  readonly step: number;
}

/** A circle or a box around a position; lengths in metres. */
export interface Shape {
  readonly centre: Position;
  readonly radiusMetres?: number;
  readonly widthMetres: number;
  readonly heightMetres: number;
}

export const LONGITUDE: Range = { min: -180, max: 180 };
/** The latitude range of the Web Mercator projection. The poles cannot be encoded. */
export const LATITUDE: Range = { min: -85.05112878, max: 85.05112878 };
const STEP_MAX = 26;
const EARTH_RADIUS_METRES = 6_372_797.560856;
const MERCATOR_MAX_METRES = 20_037_726.37;
const RADIANS = Math.PI / 180;

function encode(position: Position, step: number, latitude: Range = LATITUDE): Cell {
  const scale = 2 ** step;
  const share = (value: number, { min, max }: Range): number =>
    Math.floor(((value - min) / (max - min)) * scale);
  return { x: share(position.longitude, LONGITUDE), y: share(position.latitude, latitude), step };
}

/** Interleaves the bits of both coordinates, longitude first, into one number. */
function interleave({ x, y, step }: Cell): number {
  let bits = 0;
  for (let bit = step - 1; bit >= 0; bit--) {
    const scale = 2 ** bit;
    bits = bits * 4 + (Math.floor(x / scale) % 2) * 2 + (Math.floor(y / scale) % 2);
  }
  return bits;
}

/** Returns the score of a position in a sorted set. */
export function scoreOf(position: Position): number {
  return interleave(encode(position, STEP_MAX));
}

function areaOf({ x, y, step }: Cell): { longitude: Range; latitude: Range } {
  const scale = 2 ** step;
  const part = (at: number, { min, max }: Range): Range => ({
    min: min + (at / scale) * (max - min),
    max: min + ((at + 1) / scale) * (max - min),
  });
  return { longitude: part(x, LONGITUDE), latitude: part(y, LATITUDE) };
}

/** Returns the position of a score: the centre of its cell. */
export function positionOf(score: number): Position {
  const bits = BigInt.asUintN(64, BigInt(Math.trunc(score)));
  let x = 0;
  let y = 0;
  for (let bit = 31n; bit >= 0n; bit--) {
    x = x * 2 + Number((bits >> (bit * 2n + 1n)) & 1n);
    y = y * 2 + Number((bits >> (bit * 2n)) & 1n);
  }
  const { longitude, latitude } = areaOf({ x, y, step: STEP_MAX });
  const middle = (range: Range, { min, max }: Range): number =>
    Math.max(min, Math.min(max, (range.min + range.max) / 2));
  return { longitude: middle(longitude, LONGITUDE), latitude: middle(latitude, LATITUDE) };
}

const ALPHABET = "0123456789bcdefghjkmnpqrstuvwxyz";

/**
 * Returns the standard geohash that other programs use, with eleven letters, the last always `0`.
 */
export function geohashText(position: Position): string {
  const bits = BigInt(interleave(encode(position, STEP_MAX, { min: -90, max: 90 })));
  let text = "";
  for (let letter = 1n; letter <= 10n; letter++) {
    text += ALPHABET[Number((bits >> (52n - letter * 5n)) & 31n)];
  }
  return `${text}0`;
}

function latitudeDistance(a: number, b: number): number {
  return EARTH_RADIUS_METRES * Math.abs(b * RADIANS - a * RADIANS);
}

/** Returns the distance on a sphere, in metres (the haversine formula). */
export function distanceMetres(a: Position, b: Position): number {
  const v = Math.sin((b.longitude * RADIANS - a.longitude * RADIANS) / 2);
  if (v === 0) return latitudeDistance(a.latitude, b.latitude);
  const from = a.latitude * RADIANS;
  const to = b.latitude * RADIANS;
  const u = Math.sin((to - from) / 2);
  const share = u * u + Math.cos(from) * Math.cos(to) * v * v;
  return 2 * EARTH_RADIUS_METRES * Math.asin(Math.sqrt(share));
}

/**
 * Returns how far a position is from a shape's centre, in metres, or undefined if it is outside.
 */
export function distanceWithin(shape: Shape, position: Position): number | undefined {
  const { centre, radiusMetres } = shape;
  if (radiusMetres !== undefined) {
    const distance = distanceMetres(centre, position);
    return distance > radiusMetres ? undefined : distance;
  }
  if (latitudeDistance(position.latitude, centre.latitude) > shape.heightMetres / 2) {
    return undefined;
  }
  const across = distanceMetres(position, {
    longitude: centre.longitude,
    latitude: position.latitude,
  });
  return across > shape.widthMetres / 2 ? undefined : distanceMetres(centre, position);
}

/** Returns the number of bits per coordinate such that nine cells cover a radius. */
function stepsFor(radiusMetres: number, latitude: number): number {
  if (radiusMetres === 0) return STEP_MAX;
  let step = 1;
  for (let range = radiusMetres; range < MERCATOR_MAX_METRES; range *= 2) step++;
  step -= 2;
  // Cells are narrower near the poles.
  if (Math.abs(latitude) > 66) step--;
  if (Math.abs(latitude) > 80) step--;
  return Math.max(1, Math.min(STEP_MAX, step));
}

function boundsOf(shape: Shape): { longitude: Range; latitude: Range } {
  const { longitude, latitude } = shape.centre;
  const height = shape.radiusMetres ?? shape.heightMetres / 2;
  const width = shape.radiusMetres ?? shape.widthMetres / 2;
  const up = height / EARTH_RADIUS_METRES / RADIANS;
  const towardsEquator = latitude < 0 ? latitude - up : latitude + up;
  const across = width / EARTH_RADIUS_METRES / Math.cos(towardsEquator * RADIANS) / RADIANS;
  return {
    longitude: { min: longitude - across, max: longitude + across },
    latitude: { min: latitude - up, max: latitude + up },
  };
}

/**
 * Returns the cell that is this many columns east and rows north, wrapping around the edges of the
 * map.
 */
function beside({ x, y, step }: Cell, east: number, north: number): Cell {
  const size = 2 ** step;
  return { x: (x + east + size) % size, y: (y + north + size) % size, step };
}

/** The directions, in the order in which Redis searches. */
const directions: readonly (readonly [east: number, north: number])[] = [
  [0, 0],
  [0, 1],
  [0, -1],
  [1, 0],
  [-1, 0],
  [1, 1],
  [-1, 1],
  [1, -1],
  [-1, -1],
];

/** Returns the ranges of scores, `max` excluded, that contain everything within a shape. */
export function scoreRangesOf(shape: Shape): Range[] {
  const bounds = boundsOf(shape);
  const { centre } = shape;
  const diagonal = Math.sqrt((shape.widthMetres / 2) ** 2 + (shape.heightMetres / 2) ** 2);
  let step = stepsFor(shape.radiusMetres ?? diagonal, centre.latitude);
  let cell = encode(centre, step);
  const tooFine =
    areaOf(beside(cell, 0, 1)).latitude.max < bounds.latitude.max ||
    areaOf(beside(cell, 0, -1)).latitude.min > bounds.latitude.min ||
    areaOf(beside(cell, 1, 0)).longitude.max < bounds.longitude.max ||
    areaOf(beside(cell, -1, 0)).longitude.min > bounds.longitude.min;
  if (step > 1 && tooFine) cell = encode(centre, --step);
  const area = areaOf(cell);
  const needless = ([east, north]: readonly [number, number]): boolean =>
    step >= 2 &&
    ((north < 0 && area.latitude.min < bounds.latitude.min) ||
      (north > 0 && area.latitude.max > bounds.latitude.max) ||
      (east < 0 && area.longitude.min < bounds.longitude.min) ||
      (east > 0 && area.longitude.max > bounds.longitude.max));
  const ranges: Range[] = [];
  const unit = 2 ** (52 - step * 2);
  let last: number | undefined;
  for (const direction of directions) {
    if (needless(direction)) continue;
    const bits = interleave(beside(cell, ...direction));
    // If cells are few and large, neighbours may be the same cell.
    if (bits === last && ranges.length > 1) continue;
    ranges.push({ min: bits * unit, max: (bits + 1) * unit });
    last = bits;
  }
  return ranges;
}
