/**
 * Two arms for one scenario: a program in a simulated world, and the same function on real Node. What it
 * logs is compared, with port numbers left out.
 */
import * as dgram from "node:dgram";
import * as dns from "node:dns";
import * as net from "node:net";
import { type CompiledProgram, simulate, startProgram } from "../../src/node/index.ts";
import { Host } from "../../src/sim/host.ts";
import { Kernel } from "../../src/sim/kernel.ts";
import { Network } from "../../src/sim/network/index.ts";
import { noteIn } from "./notes.ts";

/** What a scenario may use: its arm's modules and timers. */
export interface Scope {
  readonly net: typeof net;
  readonly dgram: typeof dgram;
  readonly dns: typeof dns;
  readonly Buffer: typeof Buffer;
  readonly process: NodeJS.Process;
  readonly setTimeout: typeof setTimeout;
  readonly setImmediate: typeof setImmediate;
  readonly clearTimeout: typeof clearTimeout;
  /** Notes a line; the two arms must note the same. */
  readonly log: (...words: unknown[]) => void;
  /** The scenario is over. */
  readonly done: () => void;
}

export type Scenario = (scope: Scope) => void;

const [libuvMajor, libuvMinor] = process.versions.uv.split(".").map(Number) as [number, number];
/** Whether the real libuv takes a reset that comes with data for the end of the stream (before 1.52). */
export const losesResets: boolean = libuvMajor === 1 && libuvMinor < 52;

type ProgramGlobal = Pick<
  Scope,
  "Buffer" | "process" | "setTimeout" | "setImmediate" | "clearTimeout"
>;

/** A program whose code is a function of this file's: it must use its scope's names alone. */
export function programOf(run: (scope: Omit<Scope, "log" | "done">) => void): CompiledProgram {
  return {
    entry: "/scenario.js",
    evaluate: async ({ global, require }) => {
      run({
        ...(global as ProgramGlobal),
        Buffer,
        process: (global as ProgramGlobal).process,
        setTimeout: (global as ProgramGlobal).setTimeout,
        setImmediate: (global as ProgramGlobal).setImmediate,
        clearTimeout: (global as ProgramGlobal).clearTimeout,
        net: require("node:net") as typeof net,
        dgram: require("node:dgram") as typeof dgram,
        dns: require("node:dns") as typeof dns,
      });
    },
  };
}

/** A small world: a kernel, a network, and hosts by name. */
export function makeWorld<Name extends string>(
  seed: number,
  ...names: Name[]
): { kernel: Kernel; network: Network; hosts: Record<Name, Host> } {
  const kernel = new Kernel({ seed });
  const network = new Network(kernel);
  const hosts = {} as Record<Name, Host>;
  names.forEach((name, index) => {
    hosts[name] = new Host(kernel, { id: index + 1, name });
    network.attach(hosts[name]);
  });
  return { kernel, network, hosts };
}

/** Starts a function as a program of a host. Uncaught exceptions end the test. */
export function start(host: Host, run: (scope: Omit<Scope, "log" | "done">) => void): void {
  startProgram(host.spawn(), programOf(run), {
    onUncaught: (thrown) => {
      throw thrown;
    },
  });
}

/** The lines that a scenario notes on a simulated host. */
export async function simulated(scenario: Scenario): Promise<string[]> {
  const lines: string[] = [];
  await simulate(() => {
    const { kernel, hosts } = makeWorld(1, "alone");
    start(hosts.alone, (scope) =>
      scenario({ ...scope, log: noteIn(lines), done: () => kernel.stop() }),
    );
    kernel.run(3_600e9);
  });
  return lines;
}

/** The lines that a scenario notes on real Node. */
export function real(scenario: Scenario): Promise<string[]> {
  return new Promise((resolve) => {
    const lines: string[] = [];
    scenario({
      net,
      dgram,
      dns,
      Buffer,
      process,
      setTimeout,
      setImmediate,
      clearTimeout,
      log: noteIn(lines),
      done: () => resolve(lines),
    });
  });
}
