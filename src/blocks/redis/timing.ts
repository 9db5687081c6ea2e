/**
 * Measures how long commands take, for SLOWLOG and LATENCY. The resolution is a millisecond, from
 * the clock that is read for each request anyway, unless a setting requires a finer one.
 */
import type { Client } from "./client.ts";
import type { Command } from "./command.ts";
import { LatencyHistogram } from "./latency.ts";
import { redacted } from "./redact.ts";
import type { Server } from "./server.ts";

const PRECISE_BELOW_MICROS = 1_000;

export class CommandTimer {
  readonly #server: Server;
  #slowerThanMicros = 10_000;
  #latencyMs = 0;
  #precise = false;
  active = true;

  constructor(server: Server) {
    this.#server = server;
  }

  /** Reads the thresholds from the settings. */
  configure(): void {
    const { config } = this.#server;
    this.#slowerThanMicros = config.number("slowlog-log-slower-than");
    this.#latencyMs = config.number("latency-monitor-threshold");
    const slow = this.#slowerThanMicros;
    this.#precise = (slow >= 0 && slow < PRECISE_BELOW_MICROS) || this.#latencyMs > 0;
    this.active = slow >= 0 || this.#latencyMs > 0 || config.flag("latency-tracking");
  }

  /** Returns the current time, in milliseconds of the clock in use. */
  now(): number {
    return this.#precise ? performance.now() : Date.now();
  }

  /** Records that a client's blocking command was answered. */
  waited(client: Client, sinceMs: number): void {
    if (!this.active) return;
    const ms = Math.max(0, this.#server.nowMs - sinceMs);
    if (this.#slowerThanMicros < 0 || ms * 1_000 < this.#slowerThanMicros) return;
    this.#log(client, client.request, Math.round(ms * 1_000));
  }

  /** Records work that the server did on its own since `startMs`. */
  cycled(event: string, startMs: number): void {
    const ms = this.now() - startMs;
    if (this.#latencyMs > 0 && ms >= this.#latencyMs) {
      this.#server.latency.add(event, Math.round(ms), this.#server.nowMs);
    }
  }

  /** Records a sleep that a command caused, once it is over. */
  slept(client: Client, args: readonly string[], ms: number): void {
    this.#note(client, args, ms, "command");
  }

  /** Records the end of a command that began at `startMs`. */
  done(client: Client, command: Command, args: readonly string[], startMs: number): void {
    const ms = Math.max(0, this.now() - startMs);
    const micros = Math.round(ms * 1_000);
    command.micros += micros;
    command.histogram ??= new LatencyHistogram();
    command.histogram.add(micros);
    // The commands of a transaction are logged, so EXEC is not.
    if (command.name === "exec" || !this.#isNoted(ms)) return;
    const event = command.flags.includes("F") ? "fast-command" : "command";
    this.#note(client, redacted(command, args), ms, event);
  }

  /** Whether a log records something that took this long. */
  #isNoted(ms: number): boolean {
    if (this.#latencyMs > 0 && ms >= this.#latencyMs) return true;
    return this.#slowerThanMicros >= 0 && Math.round(ms * 1_000) >= this.#slowerThanMicros;
  }

  #note(client: Client, args: readonly string[], ms: number, event: string): void {
    const server = this.#server;
    const micros = Math.round(ms * 1_000);
    if (this.#latencyMs > 0 && ms >= this.#latencyMs) {
      server.latency.add(event, Math.round(ms), server.nowMs);
    }
    if (this.#slowerThanMicros < 0 || micros < this.#slowerThanMicros) return;
    this.#log(client, args, micros);
  }

  #log(client: Client, args: readonly string[], micros: number): void {
    const server = this.#server;
    const by = client.socket === undefined ? (server.current ?? client) : client;
    server.slowLog.add(
      {
        timeSeconds: Math.floor(server.nowMs / 1_000),
        durationMicros: micros,
        args,
        address: by.address,
        name: by.name,
      },
      server.config.number("slowlog-max-len"),
    );
  }
}
