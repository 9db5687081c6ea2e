/** Operators of blocks: who brings about the faults that a block has of its own, by commands. */
import { startProgram } from "../node/index.ts";
import type { OperatorOrder } from "../sim/faults/kind.ts";
import type { Host } from "../sim/host.ts";
import { blockOf } from "./block-faults.ts";
import { type LoadedWorld, operatorKey } from "./load.ts";
import type { HostPlan } from "./plan.ts";

/** The name of an operator's program on a host. */
const OPERATOR = "operator";

/**
 * Starts the operator of a host's block, as a program of its own on that host. Returns what has it undo what it has done;
 * `undefined` if there is no such block.
 */
export function operate(
  loaded: LoadedWorld,
  plan: HostPlan | undefined,
  host: Host,
  { block, name, values }: OperatorOrder,
): (() => void) | undefined {
  const found = plan && blockOf(plan);
  if (found?.block !== block) return undefined;
  const program = loaded.programs.get(operatorKey(found.suffers.operator));
  if (!program) return undefined;
  const process = host.spawn(OPERATOR);
  const given = Object.entries(values).flatMap(([key, value]) => [`--${key}`, String(value)]);
  const node = startProgram(process, program, {
    argv: [...found.start.argv, "--do", name, ...given],
    env: {},
    cwd: "/",
    inject: {},
    onOutput: (_, text) => {
      if (text.startsWith("done")) host.deeds++;
    },
    // An operator who does not reach the server can do nothing, and breaks nothing.
    onUncaught: () => {},
    onExit: () => {},
  });
  return () => {
    if (node.process.alive) node.process.signal("SIGTERM");
  };
}
