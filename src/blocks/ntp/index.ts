/** The block of a time server, for use in a world. Importing this starts nothing and loads no server code. */
import { type Block, entryUrl } from "../block.ts";
import { type OptionKind, refuseOptions, text, whole } from "../options.ts";
import { type ReferenceName, references } from "./reference.ts";

const kinds: Readonly<Record<keyof NtpOptions, OptionKind>> = {
  port: whole(0, 65_535),
  host: text,
  reference: { words: references.join(", "), is: (value) => references.includes(value as never) },
  stratum: whole(1, 15),
  errorMs: { words: "a number", is: (value) => Number.isFinite(value) },
};

/** Options of a time server that change its defaults. */
export interface NtpOptions {
  /** UDP port. Default: 123. */
  readonly port?: number;
  /** The address to listen on. Default: all addresses of the host. */
  readonly host?: string;
  /**
   * Where it has its time from: a `"GPS"` receiver, an `"atomic"` clock, or the `"host"`'s wall clock as it is. The first two
   * add the errors that such devices have, some tens of nanoseconds. Default: `"GPS"`.
   */
  readonly reference?: ReferenceName;
  /** How many servers its time has come through, itself included. Default: 1. */
  readonly stratum?: number;
  /** How wrong it is beyond that, in milliseconds, with a sign. Default: 0. */
  readonly errorMs?: number;
}

/**
 * A time server that speaks NTP version 4 (RFC 5905) over UDP. Its time is its host's wall clock, which is right unless a
 * fault concerns it, and the errors of its reference. Throws `LC_BAD_BLOCK` for unknown or invalid options.
 *
 * @example
 * w.host("time", ntp({ reference: "atomic" }));
 */
export function ntp(options: NtpOptions = {}): Block {
  refuseOptions("ntp", options, kinds);
  const { port, host, reference, stratum, errorMs } = options;
  const given = { port, host, reference, stratum, error: errorMs };
  const argv = Object.entries(given).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}=${value}`],
  );
  return { name: "ntp", entry: entryUrl("./main", import.meta.url), argv };
}

const clientKinds: Readonly<Record<keyof NtpClientOptions, OptionKind>> = {
  servers: {
    words: "a list of names",
    is: (value) =>
      Array.isArray(value) && value.length > 0 && value.every((name) => typeof name === "string"),
  },
  port: whole(1, 65_535),
  pollS: whole(1, 65_536),
  stepMs: { words: "a number above 0", is: (value) => Number(value) > 0 },
};

/** Options of a daemon that keeps a clock right. */
export interface NtpClientOptions {
  /** The hosts that it asks for the time. */
  readonly servers: readonly string[];
  /** The UDP port that they listen on. Default: 123. */
  readonly port?: number;
  /** The time between questions in seconds, after four quick ones at the start. Default: 64. */
  readonly pollS?: number;
  /** A clock that is wrong by more is set at once, in milliseconds. Otherwise it is slewed. Default: 128. */
  readonly stepMs?: number;
}

/**
 * A daemon that keeps its host's clock right by NTP, as chronyd and ntpd do: it asks its servers, takes of each the answer that came
 * fastest, believes the median of them, corrects the clock's frequency, and slews the clock, or sets it where it is far off.
 * It is one program of several on a host. When it reaches no server, the clock drifts. Throws `LC_BAD_BLOCK` for invalid options.
 *
 * @example
 * w.host("api", { clock: ntpClient({ servers: ["time"] }), server: "./server.ts" }, { driftPpm: 50 });
 */
export function ntpClient(options: NtpClientOptions): Block {
  refuseOptions("ntpClient", options, clientKinds);
  const { servers, port, pollS, stepMs } = options;
  const given = { servers: servers.join(","), port, poll: pollS, step: stepMs };
  const argv = Object.entries(given).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}=${value}`],
  );
  return { name: "ntp-client", entry: entryUrl("./client", import.meta.url), argv };
}
