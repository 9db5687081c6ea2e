/** A scenario on two simulated machines. */
import type * as net from "node:net";
import { type CompiledProgram, simulate, startProgram } from "../../../src/node/index.ts";
import type { Process } from "../../../src/sim/process.ts";
import { makeWorld } from "../arms.ts";
import { play } from "./peer.mjs";
import type { Line, Role, Scenario } from "./scenario.ts";

/** What the programs of a scenario note on simulated machines, with so many milliseconds each way. */
export async function inSimulation(
  scenario: Scenario,
  delayMs: number = scenario.delayMs,
): Promise<Line[]> {
  const lines: Line[] = [];
  await simulate(() => {
    const { kernel, network, hosts } = makeWorld(1, "client", "server");
    const delayNs = delayMs * 1e6;
    network.setLatency({ minNs: delayNs, maxNs: delayNs });
    const programs = new Map<Role, Process>();
    const boot = (role: Role, bootMs: number): void => {
      const process = hosts[role].spawn();
      programs.set(role, process);
      startProgram(
        process,
        programOf(scenario, role, bootMs, () => kernel.nowNs / 1e6, lines),
        {
          onUncaught: (thrown) => {
            throw thrown;
          },
        },
      );
    };
    boot("server", 0);
    boot("client", 0);
    for (const event of scenario.events) {
      kernel.schedule(
        event.at * 1e6,
        0,
        0,
        () => {
          if ("way" in event) {
            const [from, to] =
              event.way === "ab"
                ? (["client", "server"] as const)
                : (["server", "client"] as const);
            network.link(hosts[from], hosts[to]).blocked = event.verb === "cut";
          } else if (event.verb === "kill") {
            programs.get(event.role)?.terminate({ code: null, signal: "SIGKILL" });
          } else if (event.verb === "crash") hosts[event.role].powerOff();
          else {
            hosts[event.role].powerOn();
            boot(event.role, event.at);
          }
        },
        undefined,
      );
    }
    kernel.run(scenario.forMs * 1e6);
  });
  return lines;
}

function programOf(
  scenario: Scenario,
  role: Role,
  bootMs: number,
  sinceMs: () => number,
  lines: Line[],
): CompiledProgram {
  return {
    entry: "/peer.js",
    evaluate: async ({ global, require }) => {
      const { setTimeout } = global as { setTimeout: typeof globalThis.setTimeout };
      (global as { setInterval: typeof setInterval }).setInterval(() => {}, 1e9);
      play(
        { net: require("node:net") as typeof net, setTimeout, sinceMs },
        scenario,
        role,
        bootMs,
        (line) => lines.push(line),
      );
    },
  };
}
