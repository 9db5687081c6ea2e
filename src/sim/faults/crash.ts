/** A process dies, loses its memory and is started again afterwards; or its machine loses power. */
import { MS, SECOND } from "../../base/units.ts";
import { victims } from "./chance.ts";
import type { FaultKind, FaultOptions, FaultWord } from "./kind.ts";
import { fewerTargets } from "./lighter.ts";
import { oneOf } from "./options.ts";
import { theyDo } from "./words.ts";

/** How a host crashes. */
export interface CrashOptions extends FaultOptions {
  /** `process`: the operating system keeps running. `machine`: power is lost. Default: either. */
  readonly how?: "process" | "machine";
}

/** The parameters of a crash. */
export type CrashParams = {
  /**
   * `process`: the operating system keeps running and resets the connections. `machine`: peers are not told
   * and keep half-open connections.
   */
  readonly how: "process" | "machine";
};

const kind: FaultKind<CrashParams> = {
  name: "crash",
  keeps: "down",
  losesUnsynced: ({ params }) => params.how === "machine",
  begin(fault, reach) {
    for (const host of reach.hosts(fault)) {
      if (fault.params.how === "machine") host.powerOff();
      else host.killAll();
    }
  },
  lift(fault, reach) {
    for (const host of reach.hosts(fault)) {
      if (reach.active(kind, host.name).length > 0) continue;
      host.powerOn();
      if (host.processes.size === 0) reach.restart(host);
    }
  },
  tell: ({ targets, params }) =>
    params.how === "machine"
      ? theyDo(targets, "loses power", "lose power")
      : `${theyDo(targets, "crashes", "crash")}, down`,
  tellLift: ({ targets }) => `${theyDo(targets, "starts", "start")} again, memory lost`,
  lighter(fault) {
    const asProcess = { ...fault, params: { how: "process" } } as const;
    return [...fewerTargets(fault), ...(fault.params.how === "machine" ? [asProcess] : [])];
  },
  isValid: ({ how }) => how === "process" || how === "machine",
};

/** `w.crash(...)`. */
export const crash: FaultWord<CrashOptions, { how: "process" | "machine" | undefined }> = {
  kinds: [kind],
  links: false,
  example: { how: "machine", lasts: "1s..5s", every: "10s..20s" },
  lasts: { minNs: 100 * MS, maxNs: 10 * SECOND },
  options: { how: oneOf("process", "machine") },
  draw({ targets, options, prng }) {
    const how = options.how ?? (prng.chance(0.5) ? "process" : "machine");
    return { kind: kind.name, targets: victims(targets, prng), params: { how } };
  },
};
