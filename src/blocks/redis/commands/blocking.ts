/** The common parts of all commands that wait for a key. */
import { type Reply, RespError } from "../../../wire/index.ts";
import type { Client } from "../client.ts";
import type { NoReply } from "../command.ts";
import { err } from "../errors.ts";
import { floatOf } from "../numbers.ts";
import type { Value } from "../values/value.ts";

const TIMEOUT_MS_MAX = 2 ** 63;

/** Parses a timeout in seconds. Returns milliseconds. 0 waits without limit. */
export function parseTimeoutMs(text: string): number {
  const seconds = floatOf(text);
  if (seconds === undefined) throw err("timeout is not a float or out of range");
  if (seconds * 1_000 >= TIMEOUT_MS_MAX) throw err("timeout is out of range");
  if (seconds < 0) throw err("timeout is negative");
  return Math.ceil(seconds * 1_000);
}

/**
 * Tries each key in turn, and waits if there is nothing. `attempt` returns the reply, or undefined
 * if the key holds nothing to take, and throws if it holds a wrong type. In a transaction or a
 * script, where waiting is not allowed, the reply is the one for a timeout.
 */
export function tryOrWait(
  client: Client,
  options: {
    keys: readonly string[];
    timeoutMs: number;
    /** The required type of the key. The client keeps waiting while the key has another type. */
    type: abstract new (...args: never[]) => Value;
    attempt: (key: string) => Reply | undefined;
    onTimeout: Reply;
    /** The reply if waiting is not allowed, if it differs from the timeout reply. */
    onDenied?: Reply;
  },
): Reply | NoReply {
  for (const key of options.keys) {
    const reply = options.attempt(key);
    if (reply !== undefined) return reply;
  }
  if (client.denyBlocking)
    return options.onDenied === undefined ? options.onTimeout : options.onDenied;
  return client.block({
    ...options,
    attempt: (key) => {
      if (!(client.db.peek(key) instanceof options.type)) return undefined;
      try {
        return options.attempt(key);
      } catch (error) {
        // Another error, such as the wrong type of the destination key.
        if (error instanceof RespError) return error;
        throw error;
      }
    },
  });
}
