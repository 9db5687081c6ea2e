import type * as net from "node:net";
import type { Line, Role, Scenario } from "./scenario.ts";

/** What a machine's program does in a scenario, and tells. */
export function play(
  scope: { net: typeof net; setTimeout: typeof setTimeout; sinceMs: () => number },
  scenario: Scenario,
  role: Role,
  bootMs: number,
  tell: (line: Line) => void,
): void;
