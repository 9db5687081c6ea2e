/** POSIX signals between the processes of one host. */
import * as os from "node:os";
import { ignoredByDefault } from "../sim/process.ts";
import { Kind } from "../trace/kinds.ts";
import type { BindingContext } from "./bindings/context.ts";
import { Handle } from "./bindings/handle.ts";
import type { NodeProcess } from "./node-process.ts";

const numbers = os.constants.signals as Record<string, number>;
// If a number has two names (SIGABRT and SIGIOT), the first is the one that Node reports.
const names = new Map(
  Object.entries(numbers)
    .reverse()
    .map(([name, number]) => [number, name]),
);

const ESRCH = -3;
const EINVAL = -22;

/** The time that a signal takes to reach a process that has not started. */
const UNSTARTED_NS = 100_000;

/** One process's view of signals. */
export class ProcessSignals {
  readonly #owner: NodeProcess;
  /** The listeners, by signal number. */
  readonly #listeners = new Map<number, Set<(signal: number) => void>>();

  constructor(owner: NodeProcess) {
    this.#owner = owner;
  }

  /** Returns a signal's number, by its name. */
  numberOf(name: string): number {
    return numbers[name] as number;
  }

  /** Returns a signal's name, by its number. */
  nameOf(number: number): string | undefined {
    return names.get(number);
  }

  /** `process.kill`. Returns 0 or a negative errno. */
  kill(pid: number, signal: number): number {
    if (signal !== 0 && !names.has(signal)) return EINVAL;
    const { host } = this.#owner.process;
    const targets = [...host.processes].filter((process) => pid === process.pid || pid === 0);
    if (targets.length === 0) return ESRCH;
    if (signal === 0) return 0;
    const { sealed } = host;
    if (sealed !== undefined && targets.some((target) => target.pid < sealed.firstPid)) {
      sealed.refuse("a child that signals another process");
      return 0;
    }
    for (const target of targets) {
      const { runner } = target;
      if (runner === this.#owner && signal !== numbers["SIGKILL"] && this.#listeners.has(signal)) {
        this.deliver(signal);
      } else if (runner === this.#owner && this.#isFatal(signal)) {
        // A signal to the process itself takes effect before `kill` returns, so this never returns.
        this.#owner.die(names.get(signal) as string);
      } else {
        const arrive = (): void => target.signal(names.get(signal) as string);
        // A process that has not started yet exists all the same. Its pipes are connected by then.
        const delayNs = runner === undefined ? UNSTARTED_NS : 0;
        host.kernel.schedule(delayNs, host.id, Kind.internal, arrive, undefined);
      }
    }
    return 0;
  }

  /**
   * Returns whether the signal ends this process: it has no listener, and its default action is to
   * end the process.
   */
  #isFatal(signal: number): boolean {
    const name = names.get(signal) as string;
    return name !== "SIGSTOP" && !ignoredByDefault.has(name) && !this.#owner.onDeath;
  }

  /** Delivers a signal: calls its listeners, or performs its default action. */
  deliver(signal: number): void {
    const { process } = this.#owner;
    const name = names.get(signal) as string;
    if (name === "SIGSTOP") {
      process.pause();
      return;
    }
    if (name === "SIGCONT") process.resume();
    const listeners = this.#listeners.get(signal);
    if (name !== "SIGKILL" && listeners && listeners.size > 0) {
      for (const listener of listeners) process.schedule(0, Kind.internal, listener, signal);
    } else if (!ignoredByDefault.has(name)) {
      process.terminate({ code: null, signal: name });
    }
  }

  /** `internalBinding('signal_wrap')`. */
  binding(context: BindingContext): object {
    const listeners = this.#listeners;
    class Signal extends Handle {
      onsignal: ((signal: number) => void) | undefined;
      #signal = 0;
      readonly #listener = (signal: number): void => {
        if (!this.closing && this.onsignal)
          context.async.makeCallback(this, this.onsignal, [signal]);
      };

      constructor() {
        super(context, "SIGNALWRAP");
      }

      start(signal: number): number {
        if (signal === numbers["SIGKILL"] || signal === numbers["SIGSTOP"]) return EINVAL;
        this.#signal = signal;
        let set = listeners.get(signal);
        if (!set) listeners.set(signal, (set = new Set()));
        set.add(this.#listener);
        this.activate();
        return 0;
      }

      stop(): number {
        const set = listeners.get(this.#signal);
        set?.delete(this.#listener);
        if (set?.size === 0) listeners.delete(this.#signal);
        this.deactivate();
        return 0;
      }

      protected override onClose(): void {
        this.stop();
      }
    }
    return { Signal };
  }
}
