/**
 * The optional records of a run in addition to its verdict: the trace, a readable timeline, digests by
 * event.
 */
import { type Kernel, Kind } from "../sim/kernel.ts";
import { describeFault, describeLift, type Fault } from "../sim/faults/index.ts";
import { TraceRecorder } from "../trace/recorder.ts";
import type { StoryLine, StoryTone } from "../trace/story.ts";
import type { RunOutcome, RunRequest } from "./outcome.ts";
import { userFrames, workingDirectory } from "./load.ts";
import { placesHere } from "../node/index.ts";
import type { PacketDetail } from "../trace/packet.ts";
import type { Recorded } from "./recorder.ts";

/** Observes one run. */
export class Observers {
  readonly #kernel: Kernel;
  readonly #hostNames: readonly string[];
  readonly #trace: TraceRecorder | undefined;
  readonly #timeline: StoryLine[] | undefined;
  readonly #digests: number[] | undefined;
  readonly #stackOf: RunRequest["stackOf"];
  /** Stacks of the events scheduled by one of the causes, by due time, host and kind. */
  readonly #scheduled = new Map<string, string>();
  #stack: string | undefined;

  constructor(kernel: Kernel, request: RunRequest, hostNames: readonly string[]) {
    this.#kernel = kernel;
    this.#hostNames = hostNames;
    if (request.trace) this.#trace = new TraceRecorder();
    if (request.timeline) this.#timeline = [];
    if (request.digests) this.#digests = [];
    this.#stackOf = request.stackOf;
    if (request.stackOf) this.#watchScheduling();
    if (request.trace || request.timeline || request.digests || request.stackOf) {
      kernel.observer = this;
    }
  }

  /** Records the stacks of queued events. They are only available when an event is queued. */
  #watchScheduling(): void {
    const kernel = this.#kernel;
    const causes = new Set(this.#stackOf?.causes);
    const note = (timeNs: number, host: number, kind: number, cause: number): void => {
      if (!causes.has(cause)) return;
      this.#scheduled.set(`${timeNs} ${host} ${kind}`, new Error().stack ?? "");
    };
    const schedule = kernel.schedule.bind(kernel);
    const scheduleAt = kernel.scheduleAt.bind(kernel);
    kernel.schedule = (delayNs, host, kind, action, arg, cause = kernel.currentEvent) => {
      note(kernel.nowNs + delayNs, host, kind, cause);
      return schedule(delayNs, host, kind, action, arg, cause);
    };
    kernel.scheduleAt = (timeNs, host, kind, action, arg, cause = kernel.currentEvent) => {
      note(timeNs, host, kind, cause);
      return scheduleAt(timeNs, host, kind, action, arg, cause);
    };
  }

  onEvent(
    id: number,
    timeNs: number,
    host: number,
    kind: number,
    cause: number,
    detail: unknown,
  ): void {
    if (this.#trace) {
      this.#trace.onEvent(id, timeNs, host, kind, cause, detail);
      if (isMadByProgram(kind, detail)) {
        const places = placesHere();
        if (places !== "") this.#trace.onStack(id, places.replaceAll(workingDirectory, ""));
      }
    }
    if (id === this.#stackOf?.event) {
      // A mark is made at the relevant code; a queued event runs from the kernel's loop, whose stack is not
      // useful.
      const queued = this.#scheduled.get(`${timeNs} ${host} ${kind}`);
      this.#stack = queued ?? new Error().stack ?? "";
    }
    this.#digests?.push(this.#kernel.fingerprint.low >>> 0);
    if (this.#timeline) this.#tell(id, timeNs, host, kind, detail);
  }

  onCause(id: number, cause: number): void {
    this.#trace?.onCause(id, cause);
  }

  onDetail(id: number, detail: unknown): void {
    this.#trace?.onDetail(id, detail);
  }

  uncaught(host: Recorded, what: string): void {
    this.#line(this.#kernel.eventId, this.#kernel.nowNs, host.label, `dies of ${what}`, "error");
  }

  exit(host: Recorded, how: string): void {
    this.#line(this.#kernel.eventId, this.#kernel.nowNs, host.label, `ends: ${how}`, "note");
  }

  finish(): Pick<RunOutcome, "trace" | "timeline" | "digests" | "stack"> {
    return {
      trace: this.#trace?.finish(this.#hostNames),
      timeline: this.#timeline,
      digests: this.#digests && Uint32Array.from(this.#digests),
      stack: this.#stack === undefined ? undefined : framesOf(this.#stack),
    };
  }

  #tell(id: number, timeNs: number, host: number, kind: number, detail: unknown): void {
    const who = this.#hostNames[host] ?? "";
    switch (kind) {
      case Kind.fault:
        this.#line(id, timeNs, "fault", describeFault(detail as Fault), "fault");
        break;
      case Kind.heal:
        this.#line(id, timeNs, "fault", describeLift(detail as Fault), "lift");
        break;
      case Kind.log: {
        const { text, program } = detail as { text: string; program?: string };
        const label = program === undefined ? who : `${who}/${program}`;
        for (const line of text.replace(/\n$/, "").split("\n"))
          this.#line(id, timeNs, label, line, "note");
        break;
      }
      case Kind.invoke: {
        const { f, key, input } = detail as Record<string, unknown>;
        this.#line(id, timeNs, who, `${words(f, key, input)} …`, "operation");
        break;
      }
      case Kind.complete: {
        const { outcome, output, error } = detail as Record<string, unknown>;
        this.#line(id, timeNs, who, `-> ${words(outcome, output ?? error)}`, "operation");
        break;
      }
      case Kind.assert: {
        const { assertion, name, condition } = detail as Record<string, unknown>;
        if (condition === false) {
          this.#line(id, timeNs, who, words(assertion, name, "is false"), "note");
        }
      }
    }
  }

  #line(event: number, atNs: number, who: string, text: string, tone: StoryTone): void {
    this.#timeline?.push({ atNs, who, text, tone, event });
  }
}

/** Whether an event is made by a call of a program: then it is recorded where. */
function isMadByProgram(kind: number, detail: unknown): boolean {
  if (kind === Kind.send) return ((detail as PacketDetail | undefined)?.bytes ?? 0) > 0;
  return (
    kind === Kind.invoke ||
    kind === Kind.log ||
    kind === Kind.assert ||
    kind === Kind.step ||
    kind === Kind.state ||
    kind === Kind.disk
  );
}

/** The program's stack frames if there are any, otherwise Lightcone's. */
function framesOf(stack: string): string[] {
  const own = userFrames(stack);
  if (own.length > 0) return own;
  const lines = stack.split("\n").filter((line) => /^\s+at /.test(line));
  return lines.map((line) => line.trim().slice("at ".length));
}

function words(...parts: readonly unknown[]): string {
  return parts
    .filter((part) => part !== undefined && part !== null)
    .map((part) => (typeof part === "string" ? part : JSON.stringify(part)))
    .join(" ");
}
