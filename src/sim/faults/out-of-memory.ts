/**
 * The kernel kills the process of a host that has the most memory: the main process of a program. Its children and the other
 * programs of the host live on, which is what distinguishes it from a crash.
 */
import { MS, SECOND } from "../../base/units.ts";
import type { Host } from "../host.ts";
import type { Process } from "../process.ts";
import type { FaultKind, FaultOptions, FaultWord } from "./kind.ts";
import { isShare } from "./valid.ts";
import { list } from "./words.ts";

/** Such kills have no options of their own. */
export type OutOfMemoryOptions = FaultOptions;

/** The parameters of such a kill. */
export type OutOfMemoryParams = {
  /** Which of the programs, as a share from 0 to 1 of their number. */
  readonly at: number;
};

const killed = new WeakMap<Host, number>();

const kind: FaultKind<OutOfMemoryParams> = {
  name: "out-of-memory",
  harms: () => "away",
  matters: {
    count: (host) => killed.get(host) ?? 0,
    otherwise: "no program was running",
  },
  begin(fault, reach) {
    for (const host of reach.hosts(fault)) {
      const all = programsOf(host);
      const process = all[Math.min(Math.floor(fault.params.at * all.length), all.length - 1)];
      if (!process) continue;
      killed.set(host, (killed.get(host) ?? 0) + 1);
      reach.kill(process, "SIGKILL");
    }
  },
  lift(fault, reach) {
    for (const host of reach.hosts(fault)) reach.revive(host);
  },
  tell: ({ targets }) =>
    `${list(targets)} is out of memory: the kernel kills a program (SIGKILL), which is down`,
  tellLift: ({ targets }) => `${list(targets)} has the program that was killed again`,
  lighter: (fault) => (fault.params.at === 0 ? [] : [{ ...fault, params: { at: 0 } }]),
  isValid: ({ at }) => isShare(at),
};

/** The main processes of a host's programs. */
function programsOf(host: Host): Process[] {
  return [...host.processes].filter(({ parentPid }) => parentPid === 1);
}

/**
 * Memory runs out, and the kernel kills one program of a host with `SIGKILL`. Its child processes live on without it, and so do
 * other programs of the host. It is started again as its `restart` says, or after `lasts`.
 *
 * @cause a leak, a limit of a container, a neighbour; the kernel chooses who has the most memory.
 * @lasts how long it is down, if nothing restarts it before
 */
export const outOfMemory: FaultWord<OutOfMemoryOptions, Record<string, never>> = {
  kinds: [kind],
  links: false,
  example: { every: "1s..10s" },
  lasts: { minNs: 100 * MS, maxNs: 10 * SECOND },
  options: {},
  draw({ targets, prng }) {
    const at = Number(prng.float().toFixed(3));
    return { kind: kind.name, targets: [prng.pick(targets)], params: { at } };
  },
};
