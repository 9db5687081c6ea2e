/**
 * Programs that bring faults about: operators of blocks, who give them commands, and crowds, which send requests. How they end is
 * judged by nothing.
 */
import { type CompiledProgram, startProgram } from "../node/index.ts";
import type { CrowdOrder, OperatorOrder } from "../sim/faults/kind.ts";
import type { Host } from "../sim/host.ts";
import type { Process } from "../sim/process.ts";
import { blockOf } from "./block-faults.ts";
import { CROWD_KEY, type LoadedWorld, operatorKey } from "./load.ts";
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
  const given = Object.entries(values).flatMap(([key, value]) => [`--${key}`, String(value)]);
  const argv = [...found.start.argv, "--do", name, ...given];
  return begin(host.spawn(OPERATOR), program, argv, () => host.deeds++);
}

/** Starts a crowd on its host. Returns what ends it. */
export function gather(
  loaded: LoadedWorld,
  from: Host,
  to: Host,
  { rate, port, request }: CrowdOrder,
): (() => void) | undefined {
  const program = loaded.programs.get(CROWD_KEY);
  if (!program || !from.up) return undefined;
  const argv = ["--host", to.name, "--port", port, "--rate", rate, "--request", request];
  return begin(from.spawn(), program, argv.map(String), () => to.crowded++);
}

/** Starts such a program. Its first line of output says that it has had an effect. */
function begin(
  process: Process,
  program: CompiledProgram,
  argv: readonly string[],
  onEffect: () => void,
): () => void {
  startProgram(process, program, {
    argv,
    env: {},
    cwd: "/",
    inject: {},
    onOutput: (name) => {
      if (name === "stdout") onEffect();
    },
    // Whoever does not reach the server can do nothing, and breaks nothing.
    onUncaught: () => {},
    onExit: () => {},
  });
  return () => {
    if (process.alive) process.signal("SIGTERM");
  };
}
