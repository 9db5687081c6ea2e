/** Finds the members within a circle or a box: GEOSEARCH and GEORADIUS (geo.c). */
import type { Reply } from "../../../wire/index.ts";
import type { Client } from "../client.ts";
import type { CommandTable } from "../command.ts";
import { err, SYNTAX } from "../errors.ts";
import {
  distanceWithin,
  type Position,
  positionOf,
  scoreRangesOf,
  type Shape,
} from "../geohash.ts";
import { parseFloat64, parseInteger } from "../numbers.ts";
import { ZSetValue } from "../values/zset.ts";
import { distanceText, parsePosition, parseUnit, positionReply } from "./geo.ts";

/** The syntax of each command of the family. */
interface Kind {
  readonly centre: "position" | "member" | "option";
  /** The index of the argument that names the set. */
  readonly keyAt: number;
  readonly storing: "option" | "always" | "never";
}

interface Found {
  readonly member: string;
  readonly score: number;
  readonly position: Position;
  readonly distance: number;
}

interface Query {
  readonly kind: Kind;
  readonly set: ZSetValue | undefined;
  centre: Position | undefined;
  /** Set if a centre was given, even if the set does not exist. */
  centred: "member" | "position" | undefined;
  size: Pick<Shape, "radiusMetres" | "widthMetres" | "heightMetres"> | undefined;
  box: boolean;
  unit: number;
  withDistance: boolean;
  withHash: boolean;
  withPosition: boolean;
  order: "ASC" | "DESC" | undefined;
  count: number;
  any: boolean;
  storeKey: string | undefined;
  storeDistance: boolean;
}

function parseLength(text: string, what: string): number {
  return parseFloat64(text, err(`need numeric ${what}`));
}

function setRadius(query: Query, radiusText: string, unitText: string): void {
  const radius = parseLength(radiusText, "radius");
  if (radius < 0) throw err("radius cannot be negative");
  query.unit = parseUnit(unitText);
  query.size = { radiusMetres: radius * query.unit, widthMetres: 0, heightMetres: 0 };
}

function setBox(query: Query, widthText: string, heightText: string, unitText: string): void {
  const width = parseLength(widthText, "width");
  const height = parseLength(heightText, "height");
  if (width < 0 || height < 0) throw err("height or width cannot be negative");
  query.unit = parseUnit(unitText);
  query.size = { widthMetres: width * query.unit, heightMetres: height * query.unit };
  query.box = true;
}

function setMember(query: Query, member: string): void {
  query.centred = "member";
  if (query.set === undefined) return;
  const score = query.set.scores.get(member);
  if (score === undefined) throw err("could not decode requested zset member");
  query.centre = positionOf(score);
}

/** Parses the option at `args[at]`. Returns how many arguments it used. */
function parseOption(query: Query, args: string[], at: number): number {
  const { kind } = query;
  const more = args.length - at - 1;
  const next = (offset: number): string => args[at + offset] as string;
  const searching = kind.centre === "option";
  switch ((args[at] as string).toUpperCase()) {
    case "WITHDIST":
      query.withDistance = true;
      return 1;
    case "WITHHASH":
      query.withHash = true;
      return 1;
    case "WITHCOORD":
      query.withPosition = true;
      return 1;
    case "ANY":
      query.any = true;
      return 1;
    case "ASC":
    case "DESC":
      query.order = (args[at] as string).toUpperCase() as "ASC" | "DESC";
      return 1;
    case "COUNT":
      if (more < 1) throw SYNTAX;
      query.count = parseInteger(next(1));
      if (query.count <= 0) throw err("COUNT must be > 0");
      return 2;
    case "STORE":
    case "STOREDIST":
      return parseStore(query, args, at);
    case "FROMMEMBER":
      if (!searching || more < 1 || query.centred === "position") throw SYNTAX;
      setMember(query, next(1));
      return 2;
    case "FROMLONLAT":
      if (!searching || more < 2 || query.centred === "member") throw SYNTAX;
      query.centre = parsePosition(next(1), next(2));
      query.centred = "position";
      return 3;
    case "BYRADIUS":
      if (!searching || more < 2 || query.box) throw SYNTAX;
      setRadius(query, next(1), next(2));
      return 3;
    case "BYBOX":
      if (!searching || more < 3 || (query.size !== undefined && !query.box)) throw SYNTAX;
      setBox(query, next(1), next(2), next(3));
      return 4;
    default:
      throw SYNTAX;
  }
}

function parseStore(query: Query, args: string[], at: number): number {
  const distance = (args[at] as string).toUpperCase() === "STOREDIST";
  if (query.kind.storing === "always" && distance) {
    query.storeDistance = true;
    return 1;
  }
  if (query.kind.storing !== "option" || at + 1 >= args.length) throw SYNTAX;
  query.storeKey = args[at + 1] as string;
  query.storeDistance = distance;
  return 2;
}

function parse(client: Client, args: string[], kind: Kind): Query {
  const query: Query = {
    kind,
    set: client.db.get(ZSetValue, args[kind.keyAt] as string),
    centre: undefined,
    centred: undefined,
    size: undefined,
    box: false,
    unit: 1,
    withDistance: false,
    withHash: false,
    withPosition: false,
    order: undefined,
    count: 0,
    any: false,
    storeKey: kind.storing === "always" ? args[1] : undefined,
    storeDistance: false,
  };
  let at = kind.keyAt + 1;
  if (kind.centre === "position") {
    query.centre = parsePosition(args[2] as string, args[3] as string);
    setRadius(query, args[4] as string, args[5] as string);
    at = 6;
  } else if (kind.centre === "member") {
    if (query.set !== undefined) {
      setMember(query, args[2] as string);
      setRadius(query, args[3] as string, args[4] as string);
    }
    at = 5;
  }
  while (at < args.length) at += parseOption(query, args, at);
  checkQuery(query, args[0] as string);
  return query;
}

function checkQuery(query: Query, name: string): void {
  const searching = query.kind.centre === "option";
  if (query.storeKey !== undefined) {
    if (query.withDistance || query.withHash || query.withPosition) {
      const who = searching ? "GEOSEARCHSTORE" : "STORE option in GEORADIUS";
      throw err(`${who} is not compatible with WITHDIST, WITHHASH and WITHCOORD options`);
    }
  }
  if (searching && query.centred === undefined) {
    throw err(`exactly one of FROMMEMBER or FROMLONLAT can be specified for ${name}`);
  }
  if (searching && query.size === undefined) {
    throw err(`exactly one of BYRADIUS and BYBOX can be specified for ${name}`);
  }
  if (query.any && query.count === 0) throw err("the ANY argument requires COUNT argument");
}

/** Returns the members within the shape, sorted and limited as requested. */
function find({ set, centre, size, order, count, any }: Query): Found[] {
  if (set === undefined || centre === undefined || size === undefined) return [];
  const shape: Shape = { centre, ...size };
  const found: Found[] = [];
  const enough = any ? count : Infinity;
  for (const { min, max } of scoreRangesOf(shape)) {
    if (found.length >= enough) break;
    const from = set.countWhile(({ score }) => score < min);
    const end = set.countWhile(({ score }) => score < max);
    if (from >= end) continue;
    for (const { member, score } of set.slice(from, end - 1)) {
      const position = positionOf(score);
      const distance = distanceWithin(shape, position);
      if (distance !== undefined) found.push({ member, score, position, distance });
      if (found.length >= enough) break;
    }
  }
  const sorting = order ?? (count > 0 && !any ? "ASC" : undefined);
  if (sorting === "ASC") found.sort((a, b) => a.distance - b.distance);
  else if (sorting === "DESC") found.sort((a, b) => b.distance - a.distance);
  return count > 0 ? found.slice(0, count) : found;
}

function store(client: Client, query: Query, found: readonly Found[]): Reply {
  const { db, server } = client;
  const key = query.storeKey as string;
  if (found.length === 0) {
    if (db.delete(key)) server.notify("g", "del", key, db);
    return 0;
  }
  const entries = found.map(({ member, score, distance }) => {
    return [member, query.storeDistance ? distance / query.unit : score] as const;
  });
  db.put(key, ZSetValue.of(entries, server.config.limits));
  const event = query.kind.centre === "option" ? "geosearchstore" : "georadiusstore";
  server.notify("z", event, key, db);
  return found.length;
}

function search(kind: Kind) {
  return (client: Client, args: string[]): Reply => {
    const query = parse(client, args, kind);
    const found = find(query);
    if (query.storeKey !== undefined) return store(client, query, found);
    const plain = !query.withDistance && !query.withHash && !query.withPosition;
    return found.map((one) => {
      if (plain) return one.member;
      const reply: Reply[] = [one.member];
      if (query.withDistance) reply.push(distanceText(one.distance / query.unit));
      if (query.withHash) reply.push(one.score);
      if (query.withPosition) reply.push(positionReply(one.position));
      return reply;
    });
  };
}

const byPosition: Kind = { centre: "position", keyAt: 1, storing: "option" };
const byMember: Kind = { centre: "member", keyAt: 1, storing: "option" };
const byOption: Kind = { centre: "option", keyAt: 1, storing: "never" };

export const geoSearches: CommandTable = {
  georadius: [search(byPosition), -6, "wmM", 1, 1, 1],
  georadius_ro: [search({ ...byPosition, storing: "never" }), -6, "r", 1, 1, 1],
  georadiusbymember: [search(byMember), -5, "wmM", 1, 1, 1],
  georadiusbymember_ro: [search({ ...byMember, storing: "never" }), -5, "r", 1, 1, 1],
  geosearch: [search(byOption), -7, "r", 1, 1, 1],
  geosearchstore: [search({ centre: "option", keyAt: 2, storing: "always" }), -8, "wm", 1, 2, 1],
};
