/**
 * Two arms for one story over TLS or HTTP/2: a program on a simulated host, and the same function on real
 * Node over loopback. What its actors note must be the same on both.
 */
import { readFileSync } from "node:fs";
import type * as http2 from "node:http2";
import type * as https from "node:https";
import { createRequire } from "node:module";
import type * as net from "node:net";
import type * as tls from "node:tls";
import { type CompiledProgram, simulate, startProgram } from "../../src/node/index.ts";
import { Host } from "../../src/sim/host.ts";
import { Kernel } from "../../src/sim/kernel.ts";
import { Network } from "../../src/sim/network/index.ts";
import { noteIn } from "../network/notes.ts";

const realRequire = createRequire(import.meta.url);

/** What a story may use; it is a function of a test file, so it must use nothing else. */
export interface Scope {
  readonly tls: typeof tls;
  readonly net: typeof net;
  readonly https: typeof https;
  readonly http2: typeof http2;
  readonly setTimeout: typeof setTimeout;
  readonly setImmediate: typeof setImmediate;
  /** Notes a line; its first word is the actor. */
  readonly log: (...words: unknown[]) => void;
  /** The story is over. */
  readonly done: () => void;
}

export type Story = (scope: Scope) => void;

/** A certificate, or its key, of this folder. They hold from 2020 to 2120, but for the expired one. */
export function pem(name: string): string {
  return readFileSync(new URL(`keys/${name}.pem`, import.meta.url), "utf8");
}

type Globals = Pick<Scope, "setTimeout" | "setImmediate">;

function programOf(run: (scope: Omit<Scope, "log" | "done">) => void): CompiledProgram {
  return {
    entry: "/story.js",
    evaluate: async ({
      global,
      require,
    }: {
      global: unknown;
      require: (id: string) => unknown;
    }) => {
      const { setTimeout, setImmediate } = global as Globals;
      run({
        tls: require("node:tls") as Scope["tls"],
        net: require("node:net") as Scope["net"],
        https: require("node:https") as Scope["https"],
        http2: require("node:http2") as Scope["http2"],
        setTimeout,
        setImmediate,
      });
    },
  } as CompiledProgram;
}

/** What a story notes on a simulated host, and the run's fingerprint. */
export async function simulated(
  story: Story,
  seed = 1,
): Promise<{ lines: string[]; fingerprint: string }> {
  const lines: string[] = [];
  const fingerprint = await simulate(() => {
    lines.length = 0;
    const kernel = new Kernel({ seed });
    const host = new Host(kernel, { id: 1, name: "alone" });
    new Network(kernel).attach(host);
    const program = programOf((scope) =>
      story({ ...scope, log: noteIn(lines, tellError), done: () => kernel.stop() }),
    );
    startProgram(host.spawn(), program, {
      onUncaught: (thrown: unknown) => {
        throw thrown;
      },
    });
    kernel.run(600e9);
    return String(kernel.fingerprint.digest());
  });
  return { lines, fingerprint };
}

/** What it notes on real Node. */
export function real(story: Story): Promise<string[]> {
  return new Promise((resolve) => {
    const lines: string[] = [];
    story({
      tls: realRequire("node:tls"),
      net: realRequire("node:net"),
      https: realRequire("node:https"),
      http2: realRequire("node:http2"),
      setTimeout,
      setImmediate,
      log: noteIn(lines, tellError),
      done: () => resolve(lines),
    });
  });
}

/** OpenSSL puts a thread's address, and lines of its own source, into its messages. */
function tellError(error: Error): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return `${code}|${message
    .replace(/^[0-9A-F]{16}:/, "")
    .replace(/:\.\.\/deps[^:]*:\d+:/, ":")
    .trim()}`;
}
