/**
 * The functions that a world file calls. The same description is evaluated once outside of a run, for the
 * plan, and again on each host with an inline program. It must give the same result every time, so it uses
 * no randomness.
 */
import { LightconeError } from "../base/errors.ts";
import { parseDurationNs, SECOND, type Duration } from "../base/units.ts";
import {
  type DomainLevel,
  domainLevels,
  type FaultOptions,
  type FaultSource,
  type FaultWordName,
  faultWords,
  findFaultWord,
  FIRST_VERSION,
  type Survival,
} from "../sim/faults/index.ts";
import { CROWD } from "../sim/faults/flood.ts";
import type { WrittenLiar } from "../sim/faults/byzantine.ts";
import { knownBlocks, withBlocks } from "./block-faults.ts";
import { faultSource, sourcesOf } from "./fault-sources.ts";
import { linkPlan } from "./link-plan.ts";
import type { HostPlan, LinkRule, MachinePlan, Plan, SharedPlan } from "./plan.ts";
import {
  inlineKey,
  type PlannedProgram,
  type PlannedVersion,
  programsOf,
  startsOf,
  versionsOf,
} from "./programs.ts";
import { handlerOf } from "./outside/documents.ts";
import type { Service } from "./outside/types.ts";
import { bad, onlyOptions, show } from "./refusals.ts";
import { type SharedOptions, sharedPlan } from "./shared.ts";
import { survivalOf } from "./survives.ts";
import type {
  Check,
  FaultMethods,
  HostOptions,
  InlineProgram,
  LinkOptions,
  PlacedHostOptions,
  Program,
  Programs,
  RunOptions,
  SurvivesOptions,
  Targets,
  Tolerable,
  WorldBuilder,
} from "./types.ts";

/** Marks the result of `world`, across realms and copies of this module. */
export const WORLD_MARK: unique symbol = Symbol.for("lightcone.world") as never;

/** The default export of a world file. */
export interface World {
  readonly [WORLD_MARK]: true;
  readonly name: string;
  readonly describe: (w: WorldBuilder) => void;
}

/**
 * Describes a world: a system of hosts, the faults that may occur in it, and the checks that must hold anyway.
 *
 * @example
 * export default world("a lock is held by one worker at a time", (w) => {
 *   const stores = w.hosts("redis", 5, redis());
 *   w.hosts("worker", 3, async ({ op, sleep }) => { ... });
 *   w.faults(w.crash(stores), w.partition());
 *   w.check(mutex());
 *   w.run("60s");
 * });
 */
export function world(name: string, describe: (w: WorldBuilder) => void): World {
  if (typeof name !== "string" || name.trim() === "") {
    throw bad(`world(name, describe): the name must be text that says what must hold`);
  }
  if (typeof describe !== "function") {
    throw bad(
      `world(${JSON.stringify(name)}, ...): the second argument must be a function (w) => { ... }`,
    );
  }
  return { [WORLD_MARK]: true, name, describe };
}

const HOST_NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i;
const HOSTS_MAX = 10_000;
const CALM_MAX_NS = 20 * SECOND;
const tolerables: readonly Tolerable[] = ["uncaught", "exits", "hangs", "unfinished"];

/** Gives the class below the type of the words for faults, which it defines from the registry. */
const FaultWordsBase: new () => FaultMethods = class {} as never;

/** A clock that gains or loses more than half is none. */
const DRIFT_PPM_MAX = 500_000;

/** Collects the description of a world. @internal */
export class PlanBuilder extends FaultWordsBase implements WorldBuilder {
  static {
    for (const name of Object.keys(faultWords) as FaultWordName[]) {
      const value = function (
        this: PlanBuilder,
        targets?: Targets,
        options?: FaultOptions,
      ): FaultSource {
        return this.#source(name, targets, options);
      };
      Object.defineProperty(this.prototype, name, { value });
    }
  }

  readonly #name: string;
  readonly #hosts: HostPlan[] = [];
  readonly #names = new Set<string>();
  /** DNS names are case-insensitive. */
  readonly #lowerNames = new Set<string>();
  /** The racks and zones, by level and name. */
  readonly #domains = new Map<string, { level: DomainLevel; name: string; hosts: string[] }>();
  readonly #survivals: Survival[] = [];
  /** The names of services outside. */
  readonly #outside = new Set<string>();
  readonly #shared: SharedPlan[] = [];
  readonly #links: LinkRule[] = [];
  readonly #faults: FaultSource[] = [];
  /** Fault sources that were created but not passed to `w.faults` yet. */
  readonly #idleSources = new Set<FaultSource>();
  readonly #checks: Check[] = [];
  readonly #tolerate = new Set<Tolerable>();
  readonly #inline = new Map<string, InlineProgram>();
  readonly #versions = new Map<PlannedProgram, readonly PlannedVersion[]>();
  readonly #openEnded = new Set<string>();
  readonly #liars = new Map<string, WrittenLiar>();
  readonly #ours: ReadonlyMap<unknown, string>;
  #isDefinite: ((error: unknown, f: string) => boolean) | undefined;
  #durationNs: number | undefined;
  #start: number | "drawn" | undefined;
  #calmNs: number | undefined;

  /** `ours`: the functions of Lightcone's modules, by name. They are neither programs nor checks. */
  constructor(name: string, ours: ReadonlyMap<unknown, string> = new Map()) {
    super();
    this.#name = name;
    this.#ours = ours;
  }

  host(name: string, program: Program | Programs, options: PlacedHostOptions = {}): string {
    this.#add(name, name, 0, this.#programs(name, program, options), options);
    return name;
  }

  hosts(
    name: string,
    count: number,
    program: Program | Programs,
    options: PlacedHostOptions = {},
  ): string[] {
    if (!Number.isInteger(count) || count < 1 || count > HOSTS_MAX) {
      throw bad(
        `w.hosts(${JSON.stringify(name)}, ${show(count)}): the count must be a whole number from 1 to ${HOSTS_MAX}`,
      );
    }
    const planned = this.#programs(name, program, options);
    return Array.from({ length: count }, (_, index) => {
      const host = `${name}-${index + 1}`;
      this.#add(host, name, index, planned, options);
      return host;
    });
  }

  outside(name: string, service: Service): string {
    const where = `w.outside(${show(name)})`;
    const isName = typeof name === "string" && name.length < 254;
    if (!isName || !name.split(".").every((part) => HOST_NAME.test(part))) {
      throw bad(`${where}: it is not the name of a host`, 'Such as "api.example.com".');
    }
    const isFunction = typeof service === "function";
    if (isFunction && this.#ours.has(service)) {
      throw bad(`${where}: ${this.#ours.get(service) ?? ""} is no service`);
    }
    const isPath = typeof service === "string" && service !== "";
    if (!isFunction && !isPath) handlerOf(service, where);
    // Where it is data, the run makes the function of it.
    const program = isFunction ? (service as unknown as InlineProgram) : () => {};
    this.#outside.add(name);
    const outside = isFunction ? {} : isPath ? { path: service as string } : { document: service };
    this.#add(name, name, 0, this.#programs(name, program, {}), {}, outside);
    return name;
  }

  shared(path: string, hosts: Targets, options: SharedOptions = {}): string {
    const names = this.#resolve(hosts, `w.shared(${show(path)})`);
    const plan = sharedPlan(path, names, options);
    for (const other of this.#shared) {
      const both = other.hosts.find((name) => names.includes(name));
      const overlap =
        `${other.path}/`.startsWith(`${path}/`) || `${path}/`.startsWith(`${other.path}/`);
      if (both === undefined || !overlap) continue;
      throw bad(`w.shared(${show(path)}): ${both} has another shared disk at ${other.path}`);
    }
    if (!this.#names.has(plan.server)) this.#add(plan.server, plan.server, 0, [], {});
    this.#shared.push(plan);
    return plan.server;
  }

  link(...args: readonly unknown[]): void {
    if (args.length === 1) {
      this.#links.push({ from: undefined, to: undefined, link: linkPlan(args[0], "w.link") });
      return;
    }
    if (args.length !== 3) {
      throw bad("w.link(...) takes options for all links, or hosts, hosts and options");
    }
    const [from, to, options] = args as [Targets, Targets, LinkOptions];
    this.#links.push({
      from: this.#resolve(from, "w.link"),
      to: this.#resolve(to, "w.link"),
      link: linkPlan(options, "w.link"),
    });
  }

  faults(...sources: readonly FaultSource[]): void {
    const given = sourcesOf(sources);
    for (const source of given) this.#idleSources.delete(source);
    this.#faults.push(...given);
  }

  check(...checks: readonly Check[]): void {
    for (const check of checks) {
      if (typeof check?.judge !== "function" || typeof check.name !== "string") {
        const ours = this.#ours.get(check);
        throw bad(
          `w.check(...): ${ours ?? show(check)} is not a check`,
          ours === undefined
            ? "A check is mutex() and its like from lightcone/check, or { name, judge(run) { ... } }."
            : `It makes one when it is called: w.check(${ours}(...)).`,
        );
      }
      refuseCheck(check);
      this.#checks.push(check);
    }
  }

  definite(isDefinite: (error: unknown, f: string) => boolean): void {
    if (typeof isDefinite !== "function") {
      throw bad("w.definite(...) takes a function (error, f) => boolean");
    }
    if (this.#isDefinite) throw bad("w.definite(...) is said twice: only one of them could count");
    this.#isDefinite = isDefinite;
  }

  tolerate(...what: readonly Tolerable[]): void {
    for (const name of what) {
      if (!tolerables.includes(name)) {
        const names = tolerables.map((one) => JSON.stringify(one)).join(", ");
        throw bad(`w.tolerate(${show(name)}): there is ${names} to tolerate`);
      }
      this.#tolerate.add(name);
    }
  }

  openEnded(...names: readonly string[]): void {
    for (const name of names) {
      if (typeof name !== "string" || name === "") {
        throw bad(
          `w.openEnded(${show(name)}): not the name of an operation`,
          'It takes the names that op(...) is given: w.openEnded("subscribe").',
        );
      }
      this.#openEnded.add(name);
    }
  }

  run(duration: Duration, options: RunOptions = {}): void {
    if (this.#durationNs !== undefined) throw bad("w.run(...) is said twice: a run lasts once");
    onlyOptions("w.run", options, ["calm", "start"]);
    this.#start = options.start === undefined ? undefined : parseStart(options.start);
    this.#durationNs = parseDurationNs(duration, "w.run");
    if (this.#durationNs === 0) throw bad("w.run(...): a run must last longer than nothing");
    this.#calmNs =
      options.calm === undefined
        ? Math.min(Math.floor(this.#durationNs / 3), CALM_MAX_NS)
        : parseDurationNs(options.calm, "w.run: calm");
    if (this.#calmNs > this.#durationNs) {
      throw bad("w.run(...): the calm cannot be longer than the run that it ends");
    }
  }

  /** Returns the plan, once the description is complete. */
  finish(): Plan {
    if (this.#hosts.length === 0) {
      throw bad(
        `the world ${JSON.stringify(this.#name)} has no hosts`,
        'Add some: w.hosts("worker", 3, async ({ op, sleep }) => { ... }).',
      );
    }
    if (this.#durationNs === undefined || this.#calmNs === undefined) {
      throw bad(
        `the world ${JSON.stringify(this.#name)} does not say how long a run lasts`,
        'Add w.run("60s") at the end.',
      );
    }
    const [idle] = this.#idleSources;
    if (idle) {
      throw bad(
        `w.${idle.word}(...) is described, and nothing ever breaks by it`,
        `Give it to w.faults: w.faults(w.${idle.word}(...)).`,
      );
    }
    return {
      name: this.#name,
      hosts: this.#hosts,
      links: this.#links,
      shared: this.#shared,
      faults: this.#faults,
      byHand: true,
      survived: { domains: [...this.#domains.values()], survivals: this.#survivals },
      checks: this.#checks,
      tolerate: this.#tolerate,
      durationNs: this.#durationNs,
      start: this.#start,
      calmNs: this.#calmNs,
      inline: this.#inline,
      liars: this.#liars,
      isDefinite: this.#isDefinite ?? (() => false),
      openEnded: this.#openEnded,
    };
  }

  #programs(
    group: string,
    program: Program | Programs,
    options: HostOptions,
  ): readonly PlannedProgram[] {
    const planned = programsOf(group, program, this.#ours);
    for (const one of planned) {
      const { name, inline } = one;
      if (inline) this.#inline.set(inlineKey(group, name), inline);
      const versions = versionsOf(group, one, options, this.#ours);
      this.#versions.set(one, versions);
      for (const other of versions) {
        if (other.inline) this.#inline.set(inlineKey(group, name, other.version), other.inline);
      }
    }
    return planned;
  }

  #add(
    name: string,
    group: string,
    index: number,
    planned: readonly PlannedProgram[],
    options: PlacedHostOptions,
    outside?: HostPlan["outside"],
  ): void {
    if (typeof name !== "string" || (!outside && !HOST_NAME.test(name))) {
      throw bad(
        `${show(name)} cannot be a host's name`,
        "Host names are resolved by DNS: letters, digits and hyphens, at most 63.",
      );
    }
    if (this.#lowerNames.has(name.toLowerCase())) {
      throw bad(`there are two hosts called ${JSON.stringify(name)}`);
    }
    if (name === "fault" || name === "localhost") throw bad(`no host can be called ${show(name)}`);
    this.#names.add(name);
    this.#lowerNames.add(name.toLowerCase());
    const programs = startsOf(name, index, planned, options, this.#versions);
    const machine = machineOf(name, index, options);
    this.#hosts.push({ name, group, index, programs, machine, ...(outside && { outside }) });
    for (const level of domainLevels) this.#place(name, index, level, options[level]);
  }

  /** Notes the rack or the zone that a host stands in. */
  #place(
    host: string,
    index: number,
    level: DomainLevel,
    given: PlacedHostOptions[DomainLevel],
  ): void {
    if (given === undefined) return;
    const name: unknown = typeof given === "function" ? given(host, index) : given;
    if (typeof name !== "string" || name === "") {
      throw bad(`host ${host}: ${level} is ${show(name)}, not a name`);
    }
    const key = `${level} ${name}`;
    const domain = this.#domains.get(key) ?? { level, name, hosts: [] };
    this.#domains.set(key, domain);
    domain.hosts.push(host);
  }

  survives(targets: Targets, options: SurvivesOptions = {}): void {
    const hosts = this.#resolve(targets, "w.survives");
    this.#survivals.push(survivalOf(hosts, options, [...this.#domains.values()]));
  }

  #source(
    word: FaultWordName,
    targets: Targets | undefined,
    given: FaultOptions = {},
  ): FaultSource {
    const options = this.#withoutLiar(given);
    const all = this.#targetsOf(word);
    const names = targets === undefined ? all : this.#resolve(targets, `w.${word}`);
    const read = faultSource(word, names, [...this.#names], options);
    const source = withBlocks(this.#withVersions(read), this.#hosts);
    this.#refuseDomain(source);
    this.#idleSources.add(source);
    return source;
  }

  /** Takes note of a liar, since a fault is plain data. */
  #withoutLiar(options: FaultOptions): FaultOptions {
    const { lie } = (options ?? {}) as { readonly lie?: unknown };
    if (typeof lie !== "function") return options;
    const name = `liar-${this.#liars.size + 1}`;
    this.#liars.set(name, lie as WrittenLiar);
    return { ...options, lie: name } as FaultOptions;
  }

  /** A fault of whole racks or zones needs targets that stand in some. */
  #refuseDomain({ word, targets, options }: FaultSource): void {
    const { domain } = options as { readonly domain?: DomainLevel };
    if (domain === undefined) return;
    const placed = [...this.#domains.values()].filter(({ level }) => level === domain);
    if (placed.some(({ hosts }) => hosts.some((name) => targets.includes(name)))) return;
    throw bad(
      `w.${word}(...): domain is ${show(domain)}, and none of its hosts stands in a ${domain}`,
      `It is an option of hosts: w.hosts("store", 6, program, { ${domain}: (_, index) => \`${domain}-\${index % 3}\` }).`,
    );
  }

  /** The hosts that a word concerns unless others are named. Services outside are broken by their own word alone. */
  #targetsOf(word: FaultWordName): string[] {
    const {
      versions,
      outside = false,
      shared = false,
      blocks = false,
      crowd = false,
    } = findFaultWord(word) ?? {};
    if (crowd) this.#addCrowd();
    if (blocks) return Object.keys(knownBlocks(this.#hosts));
    if (shared) {
      if (this.#shared.length > 0) return [...new Set(this.#shared.flatMap(({ hosts }) => hosts))];
      throw bad(
        `w.${word}(...): the world has no disk that hosts share`,
        'Describe one first: w.shared("/shared", workers).',
      );
    }
    if (outside && this.#outside.size === 0) {
      throw bad(
        `w.${word}(...): the world has no services outside`,
        'Describe one first: w.outside("api.example.com", handler).',
      );
    }
    const all = versions ? this.#withOthers() : [...this.#names];
    return all.filter((name) => this.#outside.has(name) === outside && name !== CROWD);
  }

  /** The host from which a crowd's requests come. It has no programs of its own, and other faults do not concern it. */
  #addCrowd(): void {
    if (this.#hosts.some(({ name, programs }) => name === CROWD && programs.length === 0)) return;
    this.#add(CROWD, CROWD, 0, [], {});
  }

  /** The hosts of which a program has other versions; if there are none, all hosts. */
  #withOthers(): string[] {
    const has = this.#hosts.filter(({ programs }) => {
      return programs.some(({ versions }) => Object.keys(versions).length > 0);
    });
    return has.length > 0 ? has.map(({ name }) => name) : [...this.#names];
  }

  /** For a fault that starts other versions of programs: its targets must have them. */
  #withVersions(source: FaultSource): FaultSource {
    const word = findFaultWord(source.word);
    if (!word?.versions) return source;
    const had = source.targets.map((target) => {
      const programs = this.#hosts.find(({ name }) => name === target)?.programs ?? [];
      return new Set([FIRST_VERSION, ...programs.flatMap(({ versions }) => Object.keys(versions))]);
    });
    const asked = word.versions(source.options as never);
    for (const [at, versions] of had.entries()) {
      const lacking = asked.find((version) => !versions.has(version));
      if (lacking === undefined && versions.size > 1) continue;
      const what = lacking === undefined ? "no other version" : `no version ${show(lacking)}`;
      throw bad(
        `w.${source.word}(...): the host ${source.targets[at] ?? ""} has ${what}`,
        'Versions are an option of the host: w.host("api", "./server.ts", { versions: { next: "./server-2.ts" } }).',
      );
    }
    if (asked.length > 0) return source;
    const common = [...(had[0] ?? [])].filter((version) => had.every((all) => all.has(version)));
    return { ...source, options: { ...(source.options as object), to: common } };
  }

  #resolve(targets: Targets, where: string): string[] {
    const names = Array.isArray(targets) ? (targets as string[]) : [targets as string];
    for (const name of names) {
      if (this.#names.has(name)) continue;
      const known = [...this.#names];
      const shown = known.slice(0, 8).join(", ") + (known.length > 8 ? ", ..." : "");
      throw new LightconeError(
        "LC_UNKNOWN_HOST",
        `${where}: there is no host ${show(name)}`,
        known.length > 0 ? `Hosts so far: ${shown}.` : "Describe the hosts first.",
      );
    }
    if (names.length === 0) throw bad(`${where}: no hosts are named`);
    return [...names];
  }
}

/** What machine a host is. */
function machineOf(host: string, index: number, options: PlacedHostOptions): MachinePlan {
  const { cpu = 0, driftPpm = 0 } = options;
  const takes = typeof cpu === "function" ? cpu(host, index) : cpu;
  const ppm: unknown = typeof driftPpm === "function" ? driftPpm(host, index) : driftPpm;
  if (typeof ppm !== "number" || !(Math.abs(ppm) <= DRIFT_PPM_MAX)) {
    throw bad(`host ${host}: driftPpm is ${show(ppm)}, not a number from -500,000 to 500,000`);
  }
  return { turnNs: parseDurationNs(takes, `host ${host}: cpu`), driftPpm: ppm };
}

/** Reads when a run starts. A date without a time zone would depend on the machine. */
function parseStart(start: unknown): number | "drawn" {
  if (start === "drawn") return "drawn";
  const isDate =
    typeof start === "string" && /^\d{4}-\d\d-\d\d(?:T.*(?:Z|[+-]\d\d:?\d\d))?$/.test(start);
  const ms = isDate ? Date.parse(start) : Number.NaN;
  if (Number.isSafeInteger(ms)) return ms;
  throw bad(
    `w.run: start is ${show(start)}, not a date`,
    'Write "drawn", or a date with its time zone: "2026-03-29T00:59:30Z".',
  );
}

/** Validates the optional properties of a check. */
function refuseCheck(check: Check): void {
  const { name, looksFor, givenUpAtDeath } = check;
  const where = `the check ${JSON.stringify(name)}`;
  const isText = (value: unknown): boolean => typeof value === "string";
  if (looksFor !== undefined && !(Array.isArray(looksFor) && looksFor.every(isText))) {
    throw bad(`${where}: looksFor is ${show(looksFor)}, not a list of names of operations`);
  }
  if (givenUpAtDeath === undefined) return;
  const pair: readonly unknown[] = Array.isArray(givenUpAtDeath) ? givenUpAtDeath : [];
  const isWords = (value: unknown): boolean =>
    isText(value) || (Array.isArray(value) && value.length > 0 && value.every(isText));
  if (pair.length === 2 && pair.every(isWords)) return;
  throw bad(`${where}: givenUpAtDeath is ${show(givenUpAtDeath)}, not [acquire, release]`);
}
