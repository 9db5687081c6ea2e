/**
 * A host's programs are restarted by their operator, as in a deployment: they are told to end (SIGTERM), what has not
 * ended after its time is killed, and they start again. A program that ends with work in its hands, or goes on
 * accepting some, shows it here.
 */
import { MS, SECOND } from "../../base/units.ts";
import { victims } from "./chance.ts";
import type { Host } from "../host.ts";
import type { FaultKind, FaultOptions, FaultReach, FaultWord } from "./kind.ts";
import { fewerTargets } from "./lighter.ts";
import { oneOf } from "./options.ts";
import { theyDo } from "./words.ts";

const SIGNALS = ["SIGTERM", "SIGINT", "SIGHUP"] as const;

/** How programs are restarted. `lasts` is the time that they have to end, after which they start again. */
export interface RestartOptions extends FaultOptions {
  /** The signal that tells them to end. Default: `SIGTERM`. */
  readonly signal?: (typeof SIGNALS)[number];
}

/** The parameters of a restart. */
export type RestartParams = { readonly signal: (typeof SIGNALS)[number] };

/** Tells the programs of a host to end. Their children are their own to end. */
export function endPrograms(host: Host, signal: string): void {
  for (const process of [...host.processes]) {
    if (process.parentPid === 1) process.signal(signal);
  }
}

/** Starts the programs of a host again, unless another fault keeps it down. */
export function startPrograms(host: Host, reach: FaultReach): void {
  if (host.up && !reach.isDown(host.name)) reach.restart(host);
}

const kind: FaultKind<RestartParams> = {
  name: "restart",
  keeps: "down",
  harms: () => "away",
  begin(fault, reach) {
    for (const host of reach.hosts(fault)) endPrograms(host, fault.params.signal);
  },
  // What has not ended is killed while the fault is active: nothing judges how it ended.
  end(fault, reach) {
    for (const host of reach.hosts(fault)) host.killAll();
  },
  lift(fault, reach) {
    for (const host of reach.hosts(fault)) startPrograms(host, reach);
  },
  tell: ({ targets, params }) =>
    `${theyDo(targets, "is", "are")} restarted (${params.signal}), down`,
  tellLift: ({ targets }) => `${theyDo(targets, "starts", "start")} again`,
  lighter: fewerTargets,
  isValid: ({ signal }) => SIGNALS.includes(signal as never),
};

/**
 * A host's programs are restarted by their operator: they are told to end, what has not ended after `lasts` is
 * killed, and they start again. How a program ends meanwhile is judged by nothing here, but an uncaught exception is.
 *
 * @cause a deployment, an orchestrator that moves a container, a configuration that is read again.
 * @lasts the time that programs have to end
 */
export const restart: FaultWord<RestartOptions, { signal: (typeof SIGNALS)[number] | undefined }> =
  {
    kinds: [kind],
    links: false,
    example: { lasts: "2s..5s", every: "10s..20s" },
    lasts: { minNs: 100 * MS, maxNs: 10 * SECOND },
    options: { signal: oneOf(...SIGNALS) },
    draw({ targets, options, prng }) {
      const { signal = "SIGTERM" } = options;
      return {
        kind: kind.name,
        targets: victims({ targets, domains: [], prng }),
        params: { signal },
      };
    },
  };
