/**
 * One run: creates hosts, network, programs and faults from a plan and a seed, runs them, and judges the
 * result. A run is a pure function of the code, the seed and the schedule.
 */
import { digestOfText } from "../base/fingerprint.ts";
import { assert, LightconeError } from "../base/errors.ts";
import { SECOND } from "../base/units.ts";
import {
  authority,
  inUtc,
  codeDigest,
  type CompiledProgram,
  currentProcess,
  followPromises,
  leaveIfEnded,
  missingVariables,
  type NodeProcess,
  simulate,
  startProgram,
} from "../node/index.ts";
import { parseMessageFilter } from "../filter/match.ts";
import type { History } from "../history/operation.ts";
import {
  byStart,
  type DrawnWord,
  drawSchedule,
  type Fault,
  FaultDriver,
} from "../sim/faults/index.ts";
import { powerLossesOf, takenNamesOf } from "../sim/disk/index.ts";
import { Host } from "../sim/host.ts";
import { Kernel, Kind } from "../sim/kernel.ts";
import {
  describeConnections,
  type HostStack,
  type LostEnd,
  lostEnds,
  Overhearing,
} from "../sim/network/index.ts";
import type { Process, ProcessEnd } from "../sim/process.ts";
import type { StateDetail, StepDetail } from "../trace/details.ts";
import { Assertions } from "./assertions.ts";
import { EXITED, type HangingAt, type NeverStarted, type UnwantedEnd } from "./built-in-checks.ts";
import { PlanBuilder } from "./builder.ts";
import { ByHand, isOfTest } from "./by-hand.ts";
import { type Coverage, countOperations } from "./coverage.ts";
import { inlineContext, probeOf, randomOf } from "./host-face.ts";
import { CROWD } from "../sim/faults/flood.ts";
import type { OwnLiar } from "../sim/lies.ts";
import { interpreter, isMessageField } from "./interpreter.ts";
import { type Judged, judgeRun } from "./judge.ts";
import { WorldLinks } from "./links.ts";
import {
  type LoadedWorld,
  PROBE_MODULE,
  programKey,
  userFrames,
  worldInjection,
  worldOf,
} from "./load.ts";
import { Observers } from "./observers.ts";
import type { RunOutcome, RunRequest } from "./outcome.ts";
import { hintWith, LastLines } from "./output.ts";
import type { HostPlan, ProgramStart } from "./plan.ts";
import { inlineKey, isBlock } from "./programs.ts";
import { namesIn } from "./own-files.ts";
import { OperationRecorder, type Recorded, type Recording } from "./recorder.ts";
import { mountShared } from "./shared.ts";
import { gather, operate } from "./operators.ts";
import { startMs } from "./start-date.ts";
import { SeenWorld } from "./seen.ts";
import { Supervisor } from "./supervisor.ts";
import { describeThrown, hasPlace } from "./thrown.ts";
import { handlerOf } from "./outside/documents.ts";
import { serveService } from "./outside/serve.ts";
import type { ServiceHandler } from "./outside/types.ts";
import type { InlineProgram, Probe } from "./types.ts";

/** Called regularly during a run with the simulated time, so that a watchdog can observe its progress. */
export type Heartbeat = (nowNs: number) => void;

/** The simulated time between heartbeats, unless there are too many events. */
const SLICE_NS = SECOND / 20;
/** After this many events since the last heartbeat, the next one comes earlier. */
const SLICE_EVENTS_MAX = 10_000;

/** Runs a world once. Rejects with a `LightconeError` if it cannot be run. */
export async function runWorld(
  loaded: LoadedWorld,
  request: RunRequest,
  heartbeat?: Heartbeat,
): Promise<RunOutcome> {
  const run = await runOnce(loaded, request, heartbeat);
  const outcome = run.outcome();
  return run.wantsPlaces ? withPlaces(outcome, loaded, request, heartbeat) : outcome;
}

function runOnce(
  loaded: LoadedWorld,
  request: RunRequest,
  heartbeat: Heartbeat | undefined,
): Promise<Run> {
  return simulate(() => {
    const run = new Run(loaded, request);
    watched = run;
    try {
      run.execute(heartbeat);
    } finally {
      watched = undefined;
    }
    return run;
  });
}

/**
 * Returns the same outcome with positions for rejections that have none. The run is repeated with tracking
 * of every promise, which is too expensive for all runs.
 */
async function withPlaces(
  outcome: RunOutcome,
  loaded: LoadedWorld,
  request: RunRequest,
  heartbeat: Heartbeat | undefined,
): Promise<RunOutcome> {
  const end = followPromises();
  try {
    const again = (await runOnce(loaded, request, heartbeat)).outcome();
    if (again.fingerprint !== outcome.fingerprint) return outcome;
    return { ...outcome, violations: again.violations };
  } finally {
    end();
  }
}

let watched: Run | undefined;

/** The current position of a run, for a watchdog in another thread: the host, and the simulated time. */
export function whereRunIs(): { host: string | undefined; nowNs: number } | undefined {
  if (!watched) return undefined;
  const running = currentProcess()?.process.host.name;
  return {
    host: running ?? watched.hostName(watched.kernel.currentHost),
    nowNs: watched.kernel.nowNs,
  };
}

class Run {
  readonly kernel: Kernel;
  readonly #loaded: LoadedWorld;
  readonly #request: RunRequest;
  readonly #hosts: Host[] = [];
  readonly #byName = new Map<string, Host>();
  readonly #supervisors = new Map<Host, Supervisor>();
  readonly #links: WorldLinks;
  readonly #faults: FaultDriver;
  readonly #recorder: OperationRecorder;
  readonly #assertions: Assertions;
  readonly #observers: Observers;
  readonly #schedule: readonly Fault[];
  readonly #byHand: ByHand;
  readonly #drawn: DrawnWord[] = [];
  readonly #calmFromNs: number;
  readonly #ends: UnwantedEnd[] = [];
  readonly #seen = new SeenWorld();
  #fatal: unknown;
  #heartbeat: Heartbeat | undefined;

  constructor(loaded: LoadedWorld, request: RunRequest) {
    const { plan } = loaded;
    this.#loaded = loaded;
    this.#request = request;
    const branchable = request.branch !== undefined;
    this.kernel = new Kernel({ seed: request.seed, branchable });
    this.kernel.epochMs = startMs(plan.start, this.kernel.prng);
    this.#calmFromNs = plan.durationNs - plan.calmNs;
    const names = plan.hosts.map(({ name }) => name);
    for (const [at, hostPlan] of plan.hosts.entries()) {
      const host = new Host(this.kernel, { id: at + 1, name: hostPlan.name });
      host.ownTurnNs = hostPlan.machine.turnNs;
      host.turnNs = host.ownTurnNs;
      host.clock.setOwnDriftPpm(hostPlan.machine.driftPpm);
      this.#hosts.push(host);
      this.#byName.set(host.name, host);
      this.#supervisors.set(host, this.#supervisorOf(host, hostPlan));
    }
    if (plan.hosts.some(({ outside }) => outside)) {
      for (const host of this.#hosts) host.authorities = [authority()];
    }
    this.#links = new WorldLinks(this.kernel, this.#hosts, plan.links);
    this.#listenTo(plan.hosts);
    const holdings = plan.checks.flatMap(({ givenUpAtDeath }) =>
      givenUpAtDeath ? [givenUpAtDeath] : [],
    );
    this.#recorder = new OperationRecorder(this.kernel, holdings, plan.openEnded);
    this.#assertions = new Assertions(this.kernel, this.#calmFromNs);
    this.#observers = new Observers(this.kernel, request, ["", ...names]);
    const scheduled =
      request.schedule?.filter(({ placed }) => placed === undefined || isOfTest(placed)) ??
      drawSchedule(plan.faults, names, this.#calmFromNs, this.kernel.prng.fork("faults"), {
        ...plan.survived,
        onDrawn: (word) => this.#drawn.push(word),
      });
    this.#faults = new FaultDriver(this.kernel, {
      host: (name) => this.#host(name),
      packets: (from, to) => this.#links.packets(from, to),
      setLink: (from, to, effect) => this.#links.setEffect(from, to, effect),
      restart: (host) => this.#boot(host),
      overhearing: () => {
        const { network } = this.#links;
        return (network.overhearing ??= new Overhearing(interpreter(this.kernel.nowNs > 0)));
      },
      interpreter: () => interpreter(this.kernel.nowNs > 0),
      crowd: (host, order) => {
        const from = this.#byName.get(CROWD);
        return from && gather(loaded, from, host, order);
      },
      revive: (host) => this.#supervisors.get(host)?.revive(),
      operate: (host, order) =>
        operate(
          loaded,
          plan.hosts.find(({ name }) => name === host.name),
          host,
          order,
        ),
      liar: (name) => this.#liarOf(name),
      messageTest: (when) => parseMessageFilter(when, isMessageField),
      setVersion: (host, version) => {
        const supervisor = this.#supervisors.get(host);
        if (supervisor) supervisor.version = version;
      },
    });
    mountShared(plan.shared, (name) => this.#host(name), this.#links.network, this.#faults);
    this.#byHand = this.#handOf(names);
    // A schedule of such a run has them already.
    const has = scheduled.some(({ placed }) => placed !== undefined);
    const ofTest = has ? [] : this.#byHand.ofTest(request.placed ?? []);
    this.#schedule = byStart([...scheduled, ...ofTest]);
  }

  /** A liar that the author has written. What it throws is a mistake in the world. */
  #liarOf(name: string): OwnLiar | undefined {
    const written = this.#loaded.plan.liars.get(name);
    if (!written) return undefined;
    return (message, peer, prng) => {
      try {
        return written(message, peer, randomOf(prng));
      } catch (error) {
        this.#fail(
          new LightconeError(
            "LC_BAD_WORLD",
            `the liar of w.byzantine throws: ${describeThrown(error).what}`,
          ),
        );
        return undefined;
      }
    };
  }

  #handOf(names: readonly string[]): ByHand {
    const { plan } = this.#loaded;
    return new ByHand({
      kernel: this.kernel,
      driver: this.#faults,
      hosts: names,
      plans: plan.hosts,
      domains: plan.survived.domains,
      calmFromNs: this.#calmFromNs,
      asked: this.#request.schedule,
      enabled: plan.byHand,
    });
  }

  get #toleratesExits(): boolean {
    return this.#loaded.plan.tolerate.has("exits");
  }

  /** Whether a process died of an error that does not show its origin. */
  get wantsPlaces(): boolean {
    const { tolerate } = this.#loaded.plan;
    return (
      !tolerate.has("uncaught") &&
      this.#ends.some(({ how, stack }) => {
        return how === "uncaught" && !hasPlace(stack);
      })
    );
  }

  hostName(id: number): string | undefined {
    return this.#hosts[id - 1]?.name;
  }

  execute(heartbeat: Heartbeat | undefined): void {
    const { kernel } = this;
    this.#heartbeat = heartbeat;
    const durationNs = Math.min(this.#loaded.plan.durationNs, this.#request.untilNs ?? Infinity);
    this.#countMoments();
    this.#faults.startFirst(this.#schedule, this.#calmFromNs);
    for (const host of this.#hosts) this.#boot(host);
    this.#faults.start(this.#schedule, this.#calmFromNs);
    let sliceNs = SLICE_NS;
    const { branch } = this.#request;
    for (let untilNs = 0; untilNs < durationNs && this.#fatal === undefined;) {
      if (branch?.atNs === untilNs) kernel.prng.branch(branch.salt);
      const isBefore = branch !== undefined && untilNs < branch.atNs;
      untilNs = Math.min(untilNs + sliceNs, durationNs, isBefore ? branch.atNs : Infinity);
      heartbeat?.(kernel.nowNs);
      const before = kernel.eventId;
      kernel.run(untilNs);
      // A world with many busy hosts is slow, but not stuck.
      const events = kernel.eventId - before;
      if (events > SLICE_EVENTS_MAX) sliceNs = Math.ceil(sliceNs / 4);
      else if (events < SLICE_EVENTS_MAX / 8) sliceNs = Math.min(sliceNs * 2, SLICE_NS);
    }
    if (this.#fatal !== undefined) throw this.#fatal;
    this.#hanging = this.#lookAtHangs();
    this.#lookAtConnections();
    this.#neverStarted = this.#lookAtWaiting();
    // The end of the run is not an event on any host: it must not run program code.
    this.#ending = true;
    for (const host of this.#hosts) {
      for (const process of [...host.processes])
        process.terminate({ code: null, signal: "SIGKILL" });
    }
  }

  #ending = false;
  #moments: number | undefined;

  /** Counts the moments of one host until the calm, if that was asked for. */
  #countMoments(): void {
    const { momentsOf } = this.#request;
    if (momentsOf === undefined) return;
    const host = this.#byName.get(momentsOf);
    if (!host) {
      throw new LightconeError(
        "LC_UNKNOWN_HOST",
        `the world has no host ${JSON.stringify(momentsOf)}`,
        `Its hosts are ${[...this.#byName.keys()].join(", ")}.`,
      );
    }
    this.#moments = 0;
    host.moments.await(({ after }) => {
      if (!after && this.kernel.nowNs < this.#calmFromNs) this.#moments = (this.#moments ?? 0) + 1;
    });
  }

  outcome(): RunOutcome {
    const { plan } = this.#loaded;
    const history = this.#recorder.finish();
    this.#loaded.takePrinted();
    const judged: Judged = {
      plan,
      seed: this.#request.seed,
      history,
      schedule: byStart([...this.#schedule, ...this.#faults.following, ...this.#byHand.lasted]),
      assertions: this.#assertions,
      ends: this.#ends,
      hanging: this.#hanging,
      neverStarted: this.#neverStarted,
      losses: this.#hosts.flatMap((host) => {
        return powerLossesOf(host).map((loss) => ({ ...loss, host: host.name }));
      }),
      lostEnds: this.#lostEnds,
      connectionsOfWaiting: this.#connectionsOfWaiting,
      takenNames: (name) => {
        const host = this.#byName.get(name);
        return host ? takenNamesOf(host) : [];
      },
      hosts: this.#seen.hosts(this.#hosts),
      calmFromNs: this.#calmFromNs,
      whole: this.#request.untilNs === undefined,
    };
    // What checks say of dates is the same on every machine.
    const { violations, undecided, idle } = inUtc(() => judgeRun(judged));
    const bad = violations.length > 0;
    return {
      world: plan.name,
      seed: this.#request.seed,
      verdict: bad ? "violated" : undecided.length + idle.length > 0 ? "unknown" : "held",
      fingerprint: this.kernel.fingerprint.digest(),
      code: this.#loaded.digest + codeDigest(this.kernel),
      events: this.kernel.eventId,
      simulatedNs: this.kernel.nowNs,
      startMs: this.kernel.epochMs,
      operations: this.#recorder.count,
      schedule: byStart([...this.#schedule, ...this.#byHand.placed]),
      drawn: this.#request.schedule ? undefined : this.#drawn,
      unstarted: this.#request.unstarted,
      faultsBegun: this.#faults.begun,
      violations,
      undecided,
      sometimes: [...this.#assertions.sometimes],
      moments: this.#moments,
      printed: this.#loaded.takePrinted(),
      coverage: this.#request.untilNs === undefined ? this.#coverage(history, idle) : undefined,
      ...this.#observers.finish(),
    };
  }

  #coverage(history: History, idle: Coverage["idle"]): Coverage {
    const lastNs = (host: string): number =>
      Math.max(this.#recorder.lastNs.get(host) ?? -1, this.#assertions.lastNs.get(host) ?? -1);
    const { hosts } = this.#loaded.plan;
    const recording = new Set(hosts.flatMap(({ name, group }) => (lastNs(name) < 0 ? [] : group)));
    return {
      idle,
      operations: countOperations(history),
      reached: [...this.#assertions.reached],
      hosts: hosts
        .filter(({ group }) => recording.has(group))
        .map(({ name }) => [name, lastNs(name) >= this.#calmFromNs]),
      faults: [...this.#faults.mattered].map(([kind, { ended, mattered }]) => {
        return [kind, ended, mattered];
      }),
    };
  }

  #hanging: readonly HangingAt[] = [];

  /**
   * Returns the hanging operations, and the state of their hosts' connections. Must be called before these
   * are closed.
   */
  #lookAtHangs(): HangingAt[] {
    return this.#recorder.openSince(this.#calmFromNs).map(({ index, host, invokeNs }) => {
      const stack = this.#links.network.stackOf(this.#host(host));
      const { lines, halfOpen } = describeConnections(stack, invokeNs);
      return { operation: index, lines, halfOpen };
    });
  }

  #neverStarted: readonly NeverStarted[] = [];

  /** Returns the programs that wait for others of their host, and have waited through the calm. */
  #lookAtWaiting(): NeverStarted[] {
    return this.#hosts.flatMap((host) => {
      const waiting = this.#supervisors.get(host)?.waiting() ?? [];
      return waiting
        .filter(({ sinceNs }) => sinceNs <= this.#calmFromNs)
        .map((one) => ({ ...one, who: labelOf(host, one.program) }));
    });
  }

  #lostEnds: ReadonlyMap<string, readonly LostEnd[]> = new Map();
  #connectionsOfWaiting: ReadonlyMap<string, readonly string[]> = new Map();

  /** Notes what stories tell of connections. Must be called before these are closed. */
  #lookAtConnections(): void {
    const stackOf = (host: Host): HostStack => this.#links.network.stackOf(host);
    this.#lostEnds = new Map(this.#hosts.map((host) => [host.name, lostEnds(stackOf(host))]));
    this.#connectionsOfWaiting = new Map(
      [...this.#recorder.openHosts()].map(([name, sinceNs]) => {
        return [name, describeConnections(stackOf(this.#host(name)), sinceNs).lines];
      }),
    );
  }

  #host(name: string): Host {
    const host = this.#byName.get(name);
    if (host) return host;
    throw new LightconeError(
      "LC_UNKNOWN_HOST",
      `the schedule has a fault on ${JSON.stringify(name)}, and the world has no such host`,
      "The schedule belongs to another version of the world.",
    );
  }

  #supervisorOf(host: Host, plan: HostPlan): Supervisor {
    return new Supervisor(this.kernel, plan.programs, {
      start: (program, running, first) => this.#start(host, plan, program, running, first),
      killRest: ({ name }) => {
        for (const process of [...host.processes]) {
          if (process.program === name) process.terminate({ code: null, signal: "SIGKILL" });
        }
      },
      canStart: () => host.up && host.sealed === undefined && !this.#faults.isDown(host.name),
    });
  }

  /** Tells the supervisors of hosts with several programs who listens. */
  #listenTo(plans: readonly HostPlan[]): void {
    for (const [at, host] of this.#hosts.entries()) {
      const awaited = plans[at]?.programs.some(({ after }) => after.length > 0);
      if (awaited !== true) continue;
      const supervisor = this.#supervisors.get(host);
      this.#links.network.stackOf(host).onListen = ({ program }) => supervisor?.listens(program);
    }
  }

  #boot(host: Host): void {
    this.#heartbeat?.(this.kernel.nowNs);
    if (this.#request.unstarted?.includes(host.name) === true) return;
    this.#supervisors.get(host)?.boot();
  }

  /**
   * Starts a program of the plan in the version `started`. `first`: it has not been started before in this run.
   */
  #start(
    host: Host,
    plan: HostPlan,
    planned: ProgramStart,
    started: ProgramStart,
    first: boolean,
  ): void {
    const key = programKey(started.program);
    const program = key === undefined ? this.#loaded.own : this.#loaded.programs.get(key);
    assert(program, `host ${host.name} has no program`);
    const process = host.spawn(started.name);
    const recorded = { ...recordedAs(host, process), process };
    const probe = this.#probeOf(recorded);
    const onMisuse = (error: LightconeError): void => this.#onMisuse(recorded, error);
    const inject = (own: Probe): Record<string, object> =>
      key === undefined
        ? worldInjection(this.#loaded.modules, { ...own, simulated: true })
        : { [PROBE_MODULE]: { ...own, simulated: true } };
    const startedNs = this.kernel.nowNs;
    // An error in its first turn, before any fault, is a mistake in the world or the program.
    const isStarting = (): boolean =>
      first && this.kernel.nowNs === startedNs && this.#faults.begun === 0;
    let uncaught = false;
    const output = new LastLines();
    const node = startProgram(process, program, {
      argv: started.argv,
      execArgv: started.execArgv,
      env: started.env,
      substitutes: this.#substitutesOf(started),
      cwd: started.cwd ?? (started.program.kind === "file" ? program.home : undefined) ?? "/",
      inject: inject(probe),
      onOutput: (_, text) => {
        output.write(text);
        this.#seen.write(host.name, text);
      },
      injectChild: (child) => inject(this.#childProbe(host, child)),
      onUncaught: (thrown) => {
        uncaught = true;
        const hint = (): string | undefined => startHint(node, program.entry);
        this.#onUncaught(recorded, thrown, output.lines, isStarting() ? hint : undefined);
      },
      onExit: (end) => {
        const { settled } = node;
        this.#onExit(recorded, end, {
          uncaught,
          settled,
          output: output.lines,
          // A world that takes failed exits for granted may have a program try again until it works.
          startHint:
            isStarting() && !(this.#toleratesExits && restarts(started))
              ? () => startHint(node, program.entry)
              : undefined,
        });
        if (!this.#ending && !this.#faults.isDown(host.name)) {
          const isKilled = this.#faults.killed.has(process);
          this.#supervisors.get(host)?.ended(planned, end, isKilled);
        }
      },
      ...(key === undefined && {
        main: (exports, node) => {
          const { name, describe } = worldOf(exports, this.#loaded.path);
          const builder = new PlanBuilder(name);
          describe(builder);
          const inline = builder
            .finish()
            .inline.get(inlineKey(plan.group, started.name, started.version));
          if (!inline) throw changedWorld(recorded.label);
          const { setTimeout } = node.global as { setTimeout: (f: () => void, ms: number) => void };
          const prng = node.process.host.prng.fork(
            `inline.${node.process.pid}.${this.kernel.nowNs}`,
          );
          const context = inlineContext(probe, {
            host: host.name,
            index: plan.index,
            prng,
            setTimeout,
            onMisuse,
          });
          if (plan.outside) {
            serveService(node, host, this.#handlerOf(plan, inline), context);
            return undefined;
          }
          const returned: unknown = inline(context);
          if (isBlock(returned)) onMisuse(blockReturned(returned.name, plan.group));
          return returned as Promise<void>;
        },
      }),
    });
    if (this.#faults.isPaused(host.name)) process.pause();
  }

  /** The function of a service outside: that of its host's own realm, or what data describes. */
  #handlerOf({ name, outside }: HostPlan, inline: InlineProgram): ServiceHandler {
    const { path, document } = outside ?? {};
    if (path === undefined && document === undefined) return inline as unknown as ServiceHandler;
    const data = path === undefined ? document : this.#loaded.services.get(path);
    return handlerOf(data, `w.outside(${JSON.stringify(name)})`);
  }

  #substitutesOf({ substitute }: ProgramStart): Record<string, CompiledProgram> {
    return Object.fromEntries(
      Object.entries(substitute).map(([name, path]) => {
        const program = this.#loaded.substitutes.get(path);
        assert(program, `the substitute ${path} is not compiled`);
        return [name, program];
      }),
    );
  }

  #probeOf(host: RecordingProcess): Probe {
    return probeOf({
      host,
      recorder: this.#recorder,
      assertions: this.#assertions,
      isAlive: () => host.process.alive,
      step: (name) => this.#step(host, name),
      state: (name, value) => this.#state(host, name, value),
      buggify: (name) => host.process.host.takesRarePath(name),
      faults: (checked) => this.#byHand.faultsOf(host.name, checked),
      calm: () => this.kernel.nowNs >= this.#calmFromNs,
      isDefinite: this.#loaded.plan.isDefinite,
      onMisuse: (error) => this.#onMisuse(host, error),
    });
  }

  /** A program has come to a step, where a fault may end it. */
  #step({ process }: RecordingProcess, name: string): void {
    const { host } = process;
    const { kernel, moments } = host;
    const detail: StepDetail = { pid: process.pid, name };
    kernel.mark(host.id, Kind.step, digestOfText(name), kernel.observer && detail);
    for (const after of moments.awaited ? [false, true] : []) {
      moments.reach({ process, what: "step", name, after });
      leaveIfEnded(process);
    }
  }

  /** A program tells a part of its state. It is a part of the run, like its output. */
  #state({ process }: RecordingProcess, name: string, value: unknown): void {
    const { kernel, id } = process.host;
    const detail: StateDetail = { pid: process.pid, name, value };
    const digest = digestOfText(`${name} ${JSON.stringify(value) ?? ""}`);
    kernel.mark(id, Kind.state, digest, kernel.observer && detail);
  }

  #onMisuse(host: Recorded, error: LightconeError): void {
    this.#fail(inProgram(error, host.label));
  }

  /** The probe of a child process or a thread, which is a separate client with its own end. */
  #childProbe(host: Host, child: Process): Probe {
    const recorded = { ...recordedAs(host, child), process: child };
    child.onEnd.add((end) => {
      if (this.#ending) return;
      if (!this.#faults.isDown(host.name))
        this.#noteUnfinished(recorded, end, end.settled !== false, this.kernel.eventId, child.pid);
      this.#recorder.processEnded(recorded);
    });
    return this.#probeOf(recorded);
  }

  #onUncaught(
    host: Recorded,
    thrown: unknown,
    output: readonly string[],
    startHint: StartHint | undefined,
  ): void {
    const { kernel } = this;
    // If the platform does not support what the program requests, that is not a verdict on the program.
    if (thrown instanceof LightconeError) this.#fail(inProgram(thrown, host.label));
    const { what, stack } = describeThrown(thrown);
    const event = kernel.mark(
      host.id,
      Kind.uncaught,
      digestOfText(what),
      kernel.observer && { what, stack: stack.join("\n") },
    );
    this.#ends.push({ who: host.label, atNs: kernel.nowNs, event, how: "uncaught", what, stack });
    this.#observers.uncaught(host, what);
    if (!startHint) return;
    this.#fail(
      new LightconeError(
        "LC_PROGRAM_THREW",
        `${host.label}: its program throws as soon as it is started: ${what}`,
        hintWith(joined(stack[0] && `at ${stack[0]}`, startHint()), output),
      ),
    );
  }

  /** Records an end of a process, or of a child with that number, with unfinished work. Returns whether there was any. */
  #noteUnfinished(
    recorded: Recording,
    end: ProcessEnd,
    settled: boolean,
    event: number,
    child?: number,
  ): boolean {
    // A process that was killed, or exited with a code, is not expected to finish its work.
    if (end.idle !== true && end.code !== 0) return false;
    const open = this.#recorder.openOf(recorded);
    if (open.length === 0 && (settled || end.idle !== true)) return false;
    this.#ends.push({
      who: recorded.label,
      atNs: this.kernel.nowNs,
      event,
      how: "unfinished",
      what: end.idle === true ? "nothing is left to do" : EXITED,
      stack: [],
      open,
      ...(child !== undefined && { child }),
    });
    return true;
  }

  #onExit(
    recorded: RecordingProcess,
    end: ProcessEnd,
    {
      uncaught,
      settled,
      output,
      startHint,
    }: {
      readonly uncaught: boolean;
      readonly settled: boolean;
      readonly output: readonly string[];
      /** Given if an end with a code is a mistake in the world. */
      readonly startHint: StartHint | undefined;
    },
  ): void {
    if (this.#ending) return;
    const { kernel } = this;
    const crashed = this.#faults.isDown(recorded.name) || this.#faults.killed.has(recorded.process);
    const how = end.signal ?? `exit code ${end.code ?? 0}`;
    this.#seen.ended(recorded.name, kernel.nowNs, uncaught ? "uncaught" : how);
    const event = kernel.mark(
      recorded.id,
      Kind.exit,
      digestOfText(how),
      kernel.observer && { how, pid: recorded.process.pid },
    );
    const unfinished = !crashed && !uncaught && this.#noteUnfinished(recorded, end, settled, event);
    this.#recorder.processEnded(recorded);
    if (crashed) return;
    this.#observers.exit(recorded, how);
    // For code 13 there is a more precise report: what the process waits for can never happen.
    if (end.code !== 0 && !uncaught && !(unfinished && !settled)) {
      this.#ends.push({
        who: recorded.label,
        atNs: kernel.nowNs,
        event,
        how: "exit",
        what: how,
        stack: [],
        output,
      });
      if (startHint) {
        this.#fail(
          new LightconeError(
            "LC_PROGRAM_EXITED",
            `${recorded.label}: its program ends as soon as it is started, with ${how}`,
            hintWith(startHint(), output),
          ),
        );
      }
    }
  }

  #fail(error: LightconeError): void {
    this.#fatal ??= error;
    this.kernel.stop();
  }
}

/** A process's host, with the name of its program if the host has several: "shop/server". */
function recordedAs(host: Host, { program }: Process): Recorded {
  return { id: host.id, name: host.name, label: labelOf(host, program) };
}

function labelOf({ name }: Host, program: string | undefined): string {
  return program === undefined ? name : `${name}/${program}`;
}

/** Returns what may have kept a program from starting. */
/** Who records, and its process. */
type RecordingProcess = Recording & { readonly process: Process };

type StartHint = () => string | undefined;

/** Names the variables that a program's own files look for, and that its environment does not have. */
function startHint(node: NodeProcess, entry: string): string | undefined {
  const names = namesIn([entry], missingVariables(node.realm.process.env as object));
  if (names.length === 0) return undefined;
  return `Not set in its environment: ${names.join(", ")}. A host has what env and --env-file give it.`;
}

function joined(...parts: readonly (string | undefined)[]): string | undefined {
  const given = parts.filter((part) => part !== undefined && part !== "");
  return given.length === 0 ? undefined : given.join("\n  ");
}

function restarts({ restart }: ProgramStart): boolean {
  return restart.when !== "never";
}

/** An error of Lightcone that a program ran into, with the program's name and position. */
function inProgram(error: LightconeError, host: string): LightconeError {
  const { code, message, hint } = error;
  const [place] = userFrames(error.stack ?? "");
  const whose = message.startsWith(`${host}: `) ? "" : `${host}: `;
  const where = place === undefined || code === "LC_BAD_WORLD" ? "" : ` (at ${place})`;
  return new LightconeError(code, `${whose}${message}${where}`, hint);
}

function blockReturned(block: string, group: string): LightconeError {
  return new LightconeError(
    "LC_BAD_WORLD",
    `its program is a function that returns the block ${block}, which nobody runs`,
    `Write w.host(${JSON.stringify(group)}, ${block}()).`,
  );
}

function changedWorld(host: string): LightconeError {
  return new LightconeError(
    "LC_BAD_WORLD",
    `${host}: the world has no such host any more when it is described again, on that host`,
    "A description says the same every time: it draws nothing, and asks for no time and no environment.",
  );
}
