/**
 * `internalBinding('spawn_sync')`: children that run to their end within one call
 * (`sync-child.ts`).
 */
import { LightconeError } from "../../base/errors.ts";
import { filesOf } from "../../sim/disk/index.ts";
import { Errno } from "../../sim/network/errno.ts";
import { programAt, understand } from "../command.ts";
import type { NodeProcess } from "../node-process.ts";
import type { Realm } from "../realm-types.ts";
import { RefusedChild, runToEnd, type SyncOutcome, type SyncStream } from "../sync-child.ts";
import { environment } from "./process-wrap.ts";

interface StdioEntry {
  readonly type: "pipe" | "overlapped" | "ignore" | "inherit" | "fd" | "wrap";
  readonly readable?: boolean;
  readonly writable?: boolean;
  readonly input?: ArrayBufferView | null;
  readonly fd?: number;
}

interface SpawnOptions {
  readonly file: string;
  readonly args?: readonly string[];
  readonly cwd?: string | null;
  readonly envPairs?: readonly string[];
  readonly stdio?: readonly StdioEntry[];
  readonly timeout?: number | null;
  readonly maxBuffer?: number | null;
  readonly killSignal?: number | null;
}

/** The result of Node's `SyncProcessRunner`. */
interface Result {
  readonly pid: number;
  readonly status: number | null;
  readonly signal: string | null;
  readonly output: readonly (Uint8Array | null)[] | null;
  readonly error?: number;
}

const SIGTERM = 15;

/** Creates the binding of one process. */
export function createSpawnSyncBinding(realm: Realm): object {
  const { process } = realm.context;
  const owner = process.runner as NodeProcess;

  function spawn(options: SpawnOptions): Result {
    const { file, stdio = [] } = options;
    const args = options.args?.map(String) ?? [];
    const env = environment(options.envPairs, realm.process.env);
    const cwd = options.cwd || realm.process.cwd();
    const program = programAt(file, cwd, realm.require("fs").realpathSync);
    const command = understand(program, args.slice(1), env, cwd);
    if (!command || (options.cwd && !realm.require("fs").existsSync(cwd))) {
      return { pid: 0, status: null, signal: null, output: null, error: Errno.ENOENT };
    }
    const maxBuffer = options.maxBuffer ?? 0;
    let outcome: SyncOutcome;
    try {
      outcome = runToEnd(owner, {
        command,
        argv0: args[0],
        env,
        cwd,
        streams: stdio.map((entry) => streamOf(entry, owner)),
        timeoutMs: options.timeout ?? 0,
        outputMax: maxBuffer > 0 ? maxBuffer : Infinity,
        killSignal: owner.signals.nameOf(options.killSignal ?? 0) ?? owner.signals.nameOf(SIGTERM)!,
      });
    } catch (thrown) {
      if (!(thrown instanceof RefusedChild)) throw thrown;
      throw new LightconeError(
        "LC_NOT_SIMULATED",
        `spawnSync(${JSON.stringify(file)}): ${thrown.message} is not simulated`,
        "Nothing else runs while a process waits for its child: start it with spawn, exec or fork.",
      );
    }
    for (const { fd, bytes } of outcome.passedOn) {
      realm.process[fd === 2 ? "stderr" : "stdout"].write(bytes);
    }
    return {
      pid: outcome.pid,
      status: outcome.code,
      signal: outcome.signal,
      output: outcome.outputs.map((bytes) => bytes ?? null),
      ...(outcome.error !== 0 && { error: outcome.error }),
    };
  }

  return { spawn };
}

function streamOf(entry: StdioEntry, owner: NodeProcess): SyncStream {
  switch (entry.type) {
    case "ignore":
      return { kind: "ignore" };
    case "pipe":
    case "overlapped": {
      if (entry.writable === true) return { kind: "output" };
      const { input } = entry;
      if (!input) return { kind: "input", bytes: new Uint8Array() };
      // The program may change it afterwards.
      const bytes = new Uint8Array(input.buffer, input.byteOffset, input.byteLength).slice();
      return { kind: "input", bytes };
    }
    default: {
      const fd = entry.fd ?? 1;
      if (fd > 2 && !filesOf(owner.process).has(fd)) return { kind: "ignore" };
      return { kind: "descriptor", fd };
    }
  }
}
