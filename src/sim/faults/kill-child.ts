/**
 * One child process of a host's programs is killed: a forked worker, a member of a cluster, a command. The kernel does
 * so when memory runs out. Its parent and all else on the host live on, and the parent is told.
 */
import { MS } from "../../base/units.ts";
import type { Host } from "../host.ts";
import type { Process } from "../process.ts";
import type { FaultKind, FaultOptions, FaultWord } from "./kind.ts";
import { isShare } from "./valid.ts";
import { list } from "./words.ts";

/** Children that are killed have no options of their own. */
export type KillChildOptions = FaultOptions;

/** The parameters of such a kill. */
export type KillChildParams = {
  /** Which of the children, as a share from 0 to 1 of their number. */
  readonly at: number;
};

const killed = new WeakMap<Host, number>();

const kind: FaultKind<KillChildParams> = {
  name: "kill-child",
  matters: {
    count: (host) => killed.get(host) ?? 0,
    otherwise: "no program had a child process",
  },
  instant: true,
  begin(fault, reach) {
    for (const host of reach.hosts(fault)) {
      const children = childrenOf(host);
      const child =
        children[Math.min(Math.floor(fault.params.at * children.length), children.length - 1)];
      if (!child) continue;
      killed.set(host, (killed.get(host) ?? 0) + 1);
      child.terminate({ code: null, signal: "SIGKILL" });
    }
  },
  tell: ({ targets }) => `${list(targets)}: a child process is killed (SIGKILL)`,
  tellLift: () => "",
  lighter: (fault) => (fault.params.at === 0 ? [] : [{ ...fault, params: { at: 0 } }]),
  isValid: ({ at }) => isShare(at),
};

function childrenOf(host: Host): Process[] {
  return [...host.processes].filter(({ parentPid }) => parentPid !== 1);
}

/**
 * One child process of a host's programs (a forked worker, a member of a cluster, a command) is killed with
 * `SIGKILL`. Its parent lives on, and is told.
 *
 * @cause the kernel when memory runs out, an operator.
 */
export const killChild: FaultWord<KillChildOptions, Record<string, never>> = {
  kinds: [kind],
  links: false,
  example: { every: "1s..10s" },
  lasts: { minNs: MS, maxNs: MS },
  options: {},
  draw({ targets, prng }) {
    const at = Number(prng.float().toFixed(3));
    return { kind: kind.name, targets: [prng.pick(targets)], params: { at } };
  },
};
