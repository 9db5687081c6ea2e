/** Converts events as they appear in files (`type`, `f`, `process`, `value`, `time`) into a history. */
import { LightconeError } from "../base/errors.ts";
import { HistoryBuilder } from "./build.ts";
import type { HistoryError } from "./errors.ts";
import type { History } from "./operation.ts";
import { shorten } from "./scanner.ts";
import { fieldNameOf, nameOf, textOf } from "./values.ts";

/** Options for reading events. */
export interface EventOptions {
  /** Each value is `[key value]`. */
  readonly independent?: boolean | undefined;
  /** Treat an `ok` without an invocation as an instantaneous operation. */
  readonly lonely?: boolean | undefined;
}

/** Creates the error for the event at `place`. */
export type Complain = (message: string, place: number, hint?: string) => HistoryError;

const types = new Set(["invoke", "ok", "fail", "info"]);

/** Takes events one by one. Jepsen's nemesis is not a client, so its events are left out. */
export class EventReader {
  readonly #builder = new HistoryBuilder();
  readonly #options: EventOptions;
  readonly #complain: Complain;
  /** Open operations of events without a process, by the substitute process assigned to each. */
  readonly #nameless: string[] = [];

  constructor(options: EventOptions, complain: Complain) {
    this.#options = options;
    this.#complain = complain;
  }

  /** Takes an event located at `place` (which is passed to `complain`). */
  take(event: unknown, place: number): void {
    if (typeof event !== "object" || event === null || Array.isArray(event)) {
      throw this.#complain(
        `an event should be a map with type, process, f and value, not ${describe(event)}`,
        place,
      );
    }
    const fields = (event instanceof Map ? byFieldName(event) : event) as Record<string, unknown>;
    const { type, time } = fields;
    if (typeof type !== "string" || !types.has(type)) {
      throw this.#complain(
        `an event's type is ${describe(type)}, not invoke, ok, fail or info`,
        place,
      );
    }
    if (
      time !== undefined &&
      time !== null &&
      !(typeof time === "number" && Number.isFinite(time))
    ) {
      throw this.#complain(`an event's time is ${describe(time)}, not a finite number`, place);
    }
    const f = fields["f"] ?? "txn";
    if (typeof f !== "string")
      throw this.#complain(`an event's f is ${describe(f)}, not a name`, place);
    if (fields["process"] === "nemesis") return;
    const atNs = typeof time === "number" ? time : undefined;
    if (type === "invoke") this.#invoke(fields, f, atNs, place);
    else this.#complete(fields, type as "ok" | "fail" | "info", f, atNs, place);
  }

  /** The number of operations so far. */
  get count(): number {
    return this.#builder.count;
  }

  /** The history of the events taken so far. */
  finish(): History {
    return this.#builder.finish();
  }

  #invoke(
    fields: Record<string, unknown>,
    f: string,
    atNs: number | undefined,
    place: number,
  ): void {
    const process = this.#processOf(fields, place) ?? this.#standIn();
    const { key, value } = this.#valueOf(fields, place);
    const event = fields["event"];
    const session = fields["session"];
    try {
      this.#builder.invoke({
        process,
        f,
        key,
        input: value,
        atNs,
        event: typeof event === "number" ? event : undefined,
        session: typeof session === "number" || typeof session === "string" ? session : undefined,
      });
    } catch (error) {
      if (!(error instanceof LightconeError)) throw error;
      throw this.#complain(error.message, place, error.hint);
    }
  }

  #complete(
    fields: Record<string, unknown>,
    type: "ok" | "fail" | "info",
    f: string,
    atNs: number | undefined,
    place: number,
  ): void {
    const process = this.#processOf(fields, place);
    const { key, value } = this.#valueOf(fields, place);
    let index =
      process === undefined ? this.#openNameless(f, value) : this.#builder.openOf(process);
    if (index === undefined) {
      if (!this.#options.lonely) {
        throw this.#complain(
          `${type} without an invocation: process ${process === undefined ? "(none)" : String(process)} has no open operation (${shorten(f)})`,
          place,
        );
      }
      index = this.#builder.invoke({
        process: process ?? this.#standIn(),
        f,
        key,
        input: value,
        atNs,
      });
    }
    const invoked = this.#builder.operation(index);
    if (invoked && invoked.f !== f && fields["f"] !== undefined) {
      throw this.#complain(
        `process ${String(invoked.process)} completes ${shorten(f)}, but what it has open is ${invoked.f} (operation ${index})`,
        place,
      );
    }
    const { error, event } = fields;
    this.#builder.complete(index, type, {
      output: value,
      atNs,
      event: typeof event === "number" ? event : undefined,
      error: error === undefined || error === null ? undefined : (nameOf(error) ?? textOf(error)),
    });
  }

  #processOf(fields: Record<string, unknown>, place: number): number | string | undefined {
    const { process } = fields;
    if (typeof process === "string" || (typeof process === "number" && Number.isFinite(process))) {
      return process;
    }
    if (process === undefined || process === null) return undefined;
    throw this.#complain(
      `an event's process is ${describe(process)}, not a number or a name`,
      place,
    );
  }

  #valueOf(fields: Record<string, unknown>, place: number): { key: unknown; value: unknown } {
    const { value, key } = fields;
    if (!this.#options.independent) return { key: key ?? undefined, value };
    if (!Array.isArray(value) || value.length !== 2) {
      throw this.#complain(
        `with independent keys a value is [key value], not ${describe(value)}`,
        place,
      );
    }
    return { key: value[0], value: value[1] };
  }

  /**
   * Returns the lowest free substitute process for an event without one, so that each substitute runs one
   * operation at a time.
   */
  #standIn(): string {
    let slot = 0;
    while (this.#builder.openOf(`client ${slot}`) !== undefined) slot++;
    const name = `client ${slot}`;
    if (this.#nameless.length <= slot) this.#nameless.push(name);
    return name;
  }

  /**
   * The open operation without a process that a completion most likely belongs to: same f, and same value
   * if there is one.
   */
  #openNameless(f: string, value: unknown): number | undefined {
    const open = this.#nameless
      .map((name) => this.#builder.openOf(name))
      .filter((index): index is number => index !== undefined)
      .filter((index) => this.#builder.operation(index)?.f === f);
    const text = textOf(value);
    return open.find((index) => textOf(this.#builder.operation(index)?.input) === text) ?? open[0];
  }
}

/** Formats a value for a message, in a few words at most. */
export function describe(value: unknown): string {
  if (value === undefined) return "missing";
  if (typeof value === "number") return String(value);
  return shorten(nameOf(value) ?? textOf(value));
}

function byFieldName(event: Map<unknown, unknown>): Record<string, unknown> {
  return Object.fromEntries([...event].map(([key, value]) => [fieldNameOf(key), value]));
}
