/** A process dies, loses its memory and is started again afterwards; or its machine loses power. */
import { MS, SECOND } from "../../base/units.ts";
import { diskOf } from "../disk/disk.ts";
import { powerLossPolicy, type PowerLossWay, powerLossWays } from "../disk/power-loss.ts";
import { type DomainLevel, domainLevels, victims } from "./chance.ts";
import type { FaultParams } from "./fault.ts";
import type { FaultKind, FaultOptions, FaultWord } from "./kind.ts";
import { fewerTargets } from "./lighter.ts";
import { oneOf } from "./options.ts";
import { theyDo } from "./words.ts";

/** How a host crashes. */
export interface CrashOptions extends FaultOptions {
  /** `process`: the operating system keeps running. `machine`: power is lost. Default: either. */
  readonly how?: "process" | "machine";
  /**
   * `machine`: what the disk keeps of the changes that were not synced. `nothing`: all are lost. `old`: kept
   * is what the kernel writes back by itself. `names`: names without their data. `data`: data without its
   * names. `prefix`: everything before some moment. `some`: each page up to a moment of its own. Default: drawn for each power loss.
   */
  readonly keeps?: PowerLossWay;
  /** All targets of one rack or of one zone at once, as hosts have them. Default: one host, or rarely several. */
  readonly domain?: DomainLevel;
}

/** The parameters of a crash. */
export type CrashParams = {
  /**
   * `process`: the operating system keeps running and resets the connections. `machine`: peers are not told
   * and keep half-open connections.
   */
  readonly how: "process" | "machine";
  /** What the disk keeps of the changes that were not synced. Default: nothing. */
  readonly keeps?: PowerLossWay;
  /** The point of its program at which it crashed, if a fault has waited for that: "before rename". */
  readonly at?: string;
};

const kind: FaultKind<CrashParams> = {
  name: "crash",
  keeps: "down",
  harms: () => "away",
  damagesDisk: ({ params }) => params.how === "machine",
  begin(fault, reach) {
    for (const host of reach.hosts(fault)) {
      if (fault.params.how === "process") {
        host.killAll();
        continue;
      }
      const { nowNs, prng } = reach.kernel;
      const drawn = prng.fork(`power-loss.${host.name}.${nowNs}`);
      diskOf(host).policy = powerLossPolicy(fault.params.keeps ?? "nothing", drawn, nowNs);
      host.powerOff();
    }
  },
  lift(fault, reach) {
    for (const host of reach.hosts(fault)) {
      if (reach.active(kind, host.name).length > 0 || reach.isOff(host.name)) continue;
      host.powerOn();
      if (host.processes.size === 0) reach.restart(host);
    }
  },
  tell({ targets, params: { how, at } }) {
    const where = at === undefined ? "" : ` right ${at}`;
    return how === "machine"
      ? `${theyDo(targets, "loses power", "lose power")}${where}`
      : `${theyDo(targets, "crashes", "crash")}${where}, down`;
  },
  tellLift: ({ targets }) => `${theyDo(targets, "starts", "start")} again, memory lost`,
  lighter(fault) {
    const { how, keeps } = fault.params;
    const simpler = simplerCrashes<CrashParams>(keeps === undefined ? { how } : { how, keeps });
    return [...fewerTargets(fault), ...simpler.map((params) => ({ ...fault, params }))];
  },
  optional: ["at"],
  isValid: (params) =>
    isCrash(params) && (params["at"] === undefined || typeof params["at"] === "string"),
};

/** The same crash of the process alone, and with all lost that was not synced. */
export function simplerCrashes<Params extends CrashParams>(params: Params): Params[] {
  const { keeps, ...rest } = params;
  const simpler: object[] = [];
  if (rest.how === "machine") simpler.push({ ...rest, how: "process" });
  if (keeps !== undefined && keeps !== "nothing") simpler.push({ ...rest, keeps: "nothing" });
  return simpler as Params[];
}

/** Whether parameters that were read from a file say how a host crashes. */
export function isCrash({ how, keeps }: FaultParams): boolean {
  return (
    (how === "process" || how === "machine") &&
    (keeps === undefined || powerLossWays.includes(keeps as PowerLossWay))
  );
}

/**
 * A process dies with its memory, or its machine loses power; it starts again afterwards. When a process dies, the
 * operating system closes its sockets. When a machine loses power, nobody is told: others find out when they send,
 * and the disk keeps what was synced and perhaps more. One crash in five hits several hosts at once.
 *
 * POSIX promises nothing about changes that were not synced, and file systems differ. `"nothing"`: all are lost.
 * `"old"`: kept is what the kernel writes back by itself, names after 5 seconds and data after 30. `"names"`: names
 * without their data, as ext4 leaves a file that was renamed before its data was synced. `"data"`: data without its
 * names. `"prefix"`: everything up to some moment. `"some"`: names up to some moment, and each page of a file up to a
 * moment of its own, as the kernel writes pages back. In the last two a write may be torn between sectors of 512 or
 * 4,096 bytes. The story says which files and names were lost.
 *
 * @cause a bug, `kill -9`, a kernel that panics, a power supply, a cloud that takes a machine away.
 * @lasts how long it is down
 */
export const crash: FaultWord<
  CrashOptions,
  {
    how: "process" | "machine" | undefined;
    keeps: PowerLossWay | undefined;
    domain: DomainLevel | undefined;
  }
> = {
  kinds: [kind],
  links: false,
  example: { how: "machine", lasts: "1s..5s", every: "10s..20s" },
  lasts: { minNs: 100 * MS, maxNs: 10 * SECOND },
  options: {
    how: oneOf("process", "machine"),
    keeps: oneOf(...powerLossWays),
    domain: oneOf(...domainLevels),
  },
  draw(draw) {
    const { options, prng, at } = draw;
    const how = options.how ?? (prng.chance(0.5) ? "process" : "machine");
    const victim = victims(draw, options.domain);
    if (how === "process") return { kind: kind.name, targets: victim, params: { how } };
    // A stream of its own: what the disk keeps must not change the draws of the other crashes.
    const keeps = options.keeps ?? prng.fork(`keeps.${at}`).pick(powerLossWays);
    return { kind: kind.name, targets: victim, params: { how, keeps } };
  },
};
