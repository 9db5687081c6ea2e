/**
 * The init system of one host: it starts the host's programs in their order when the host boots, and starts
 * again those that end and are to be restarted. Everything it knows is of the current boot.
 */
import { type Kernel, Kind, NO_HOST } from "../sim/kernel.ts";
import type { ProcessEnd } from "../sim/process.ts";
import type { Condition, ProgramStart } from "./plan.ts";

/** What a supervisor needs from its host. */
export interface SupervisorPorts {
  /**
   * Starts a program, in the version `running`. `first`: whether the program has never been started in the run.
   */
  start(program: ProgramStart, running: ProgramStart, first: boolean): void;
  /** Kills what a program has left behind: its children that are still running. */
  killRest(program: ProgramStart): void;
  /** Whether programs can be started now: the machine has power, and no crash is in effect. */
  canStart(): boolean;
}

/** A program that waits for others. */
export interface WaitingProgram {
  readonly program: string;
  readonly sinceNs: number;
  /** What it waits for, such as "redis to listen". */
  readonly conditions: readonly string[];
}

interface State {
  readonly program: ProgramStart;
  running: boolean;
  /** Whether a fault has killed it alone. */
  killed: boolean;
  /** What it has done in this boot. */
  readonly done: Set<Condition>;
}

const conditionWords: Readonly<Record<Condition, string>> = {
  started: "to start",
  listening: "to listen",
  exited: "to exit with code 0",
};

/** Supervises the programs of one host. */
export class Supervisor {
  readonly #kernel: Kernel;
  readonly #programs: readonly ProgramStart[];
  readonly #ports: SupervisorPorts;
  #states: readonly State[] = [];
  /** The programs that have been started at any time in the run. */
  readonly #known = new Set<ProgramStart>();
  #bootedNs = 0;
  /** The version that programs which have it are started in; others start in their first one. */
  version: string | undefined;

  constructor(kernel: Kernel, programs: readonly ProgramStart[], ports: SupervisorPorts) {
    this.#kernel = kernel;
    this.#programs = programs;
    this.#ports = ports;
  }

  /** Begins from the beginning, as after a boot. What was planned before is forgotten. */
  boot(): void {
    this.#bootedNs = this.#kernel.nowNs;
    this.#states = this.#programs.map((program) => ({
      program,
      running: false,
      killed: false,
      done: new Set(),
    }));
    this.#startReady(this.#states);
  }

  /** Must be called when a process of the program named `name` listens. */
  listens(name: string | undefined): void {
    this.#note(name, "listening");
  }

  /**
   * Must be called when the main process of a program has ended by itself, or was killed alone (`isKilled`); not when a fault
   * has taken the whole host.
   */
  ended(program: ProgramStart, end: ProcessEnd, isKilled = false): void {
    const state = this.#states.find((one) => one.program === program);
    if (!state) return;
    state.running = false;
    state.killed = isKilled;
    if (end.code === 0) this.#note(program.name, "exited");
    const { when, delayNs } = program.restart;
    if (when === "never" || (when === "on-failure" && end.code === 0)) return;
    this.#later(delayNs, () => {
      if (state.running) return;
      this.#ports.killRest(program);
      this.#start(state);
    });
  }

  /** Starts the programs again that were killed alone, if they have not been started since. Their children live on. */
  revive(): void {
    for (const state of this.#states) {
      if (state.killed && !state.running && this.#ports.canStart()) this.#start(state);
    }
  }

  /** The programs that have not been started since the boot, because others have not done what they must. */
  waiting(): readonly WaitingProgram[] {
    return this.#states
      .filter(({ done }) => !done.has("started"))
      .map((state) => ({
        program: state.program.name ?? "",
        sinceNs: this.#bootedNs,
        conditions: this.#unmet(state).map((one) => `${one.program} ${conditionWords[one.until]}`),
      }));
  }

  #note(name: string | undefined, condition: Condition): void {
    const state = this.#states.find(({ program }) => program.name === name);
    if (!state || state.done.has(condition)) return;
    state.done.add(condition);
    // Not at once: this may have been called in the middle of a program's turn.
    const states = this.#states;
    const isAwaited = states.some(({ done }) => !done.has("started"));
    if (isAwaited) this.#later(0, () => this.#startReady(states));
  }

  /** Schedules an action of this boot. */
  #later(delayNs: number, action: () => void): void {
    const states = this.#states;
    const act = (): void => {
      if (this.#states === states && this.#ports.canStart()) action();
    };
    this.#kernel.schedule(delayNs, NO_HOST, Kind.internal, act, undefined);
  }

  /** Starts the programs whose conditions are met, in the order of the description. */
  #startReady(states: readonly State[]): void {
    for (;;) {
      const next = states.find((state) => {
        return !state.done.has("started") && this.#unmet(state).length === 0;
      });
      if (!next) return;
      next.done.add("started");
      this.#start(next);
    }
  }

  #start(state: State): void {
    const first = !this.#known.has(state.program);
    this.#known.add(state.program);
    state.running = true;
    state.killed = false;
    const { program } = state;
    const { versions } = program;
    const { version } = this;
    const other =
      version !== undefined && Object.hasOwn(versions, version) ? versions[version] : undefined;
    this.#ports.start(program, { ...program, ...other }, first);
  }

  #unmet({ program }: State): ProgramStart["after"] {
    return program.after.filter((one) => {
      const other = this.#states.find((state) => state.program.name === one.program);
      return other?.done.has(one.until) !== true;
    });
  }
}
