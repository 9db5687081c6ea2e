/**
 * Runs files of Node's test suite, one after the other, each as a program on a simulated host of its own.
 * The parent sends a file, and is told how it ended; when a file hangs, the parent ends this process.
 */
import { startScript } from "../../src/node/program/script.ts";
import { simulate } from "../../src/node/index.ts";
import { realTree } from "../../src/node/real-tree.ts";
import { diskOf, mountTree } from "../../src/sim/disk/index.ts";
import { Host } from "../../src/sim/host.ts";
import { Kernel } from "../../src/sim/kernel.ts";
import { Network } from "../../src/sim/network/index.ts";
import type { ProcessEnd } from "../../src/sim/process.ts";
import { builtinsAreSpoiled } from "./intrinsics.ts";

/** What the parent asks for. */
interface Task {
  /** The real folder `test` of a checkout of Node. */
  readonly root: string;
  /** The file, relative to it. */
  readonly file: string;
  readonly flags: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** How the simulated program ended. */
interface Outcome {
  readonly end: ProcessEnd | undefined;
  readonly output: string;
  /** What went wrong in the simulator itself. */
  readonly error: string | undefined;
  readonly virtualMs: number;
  /** It changed what all later tests in this worker would see. */
  readonly spoiled: boolean;
}

/** Where the host sees the tests. */
const MOUNT = "/node/test";
/** A test that is still running after this virtual time waits for something that will not happen. */
const VIRTUAL_LIMIT_NS = 600e9;
const OUTPUT_MAX = 20_000;

async function run({ root, file, flags, env }: Task): Promise<Outcome> {
  let end: ProcessEnd | undefined;
  let output = "";
  let error: string | undefined;
  let virtualMs = 0;
  try {
    await simulate(() => {
      end = undefined;
      output = "";
      const kernel = new Kernel({ seed: 1 });
      const host = new Host(kernel, { id: 1, name: "localhost" });
      new Network(kernel).attach(host);
      mountTree(diskOf(host).fs, MOUNT, realTree(root));
      startScript(host.spawn(), `${MOUNT}/${file}`, {
        cwd: "/node",
        execArgv: flags,
        env: { NODE_TEST_DIR: "/tmp", NODE_SKIP_FLAG_CHECK: "1", ...env },
        onOutput(_stream, text) {
          if (output.length < OUTPUT_MAX) output += text;
        },
        onExit(how) {
          end ??= how;
          kernel.stop();
        },
      });
      kernel.run(VIRTUAL_LIMIT_NS);
      virtualMs = kernel.nowNs / 1e6;
    });
  } catch (thrown) {
    error = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  }
  return { end, output, error, virtualMs, spoiled: builtinsAreSpoiled() };
}

const send = process.send?.bind(process) as (message: unknown) => void;
process.on("message", (task: Task) => {
  void run(task).then((outcome) => send(outcome));
});
// What a simulated program leaves behind must not end the worker.
process.on("uncaughtException", (thrown) => {
  const error = String(thrown?.stack ?? thrown);
  send({ end: undefined, output: "", error, virtualMs: 0, spoiled: true });
});
send("ready");
