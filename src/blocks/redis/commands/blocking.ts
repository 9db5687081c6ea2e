/** What all commands that wait for a key have in common. */
import { type Reply, RespError } from "../../../wire/index.ts";
import type { Client } from "../client.ts";
import type { NoReply } from "../command.ts";
import { err } from "../errors.ts";
import { floatOf } from "../numbers.ts";
import type { Value } from "../values/value.ts";

const TIMEOUT_MS_MAX = 2 ** 63;

/** A timeout in seconds, as milliseconds; 0 waits for ever. */
export function parseTimeoutMs(text: string): number {
  const seconds = floatOf(text);
  if (seconds === undefined) throw err("timeout is not a float or out of range");
  if (seconds * 1_000 >= TIMEOUT_MS_MAX) throw err("timeout is out of range");
  if (seconds < 0) throw err("timeout is negative");
  return Math.ceil(seconds * 1_000);
}

/**
 * Tries each key in turn, and waits when there is nothing. `attempt` gives the reply, or undefined when the
 * key holds nothing to take, and throws when it holds something else. In a transaction or a script, where
 * nothing may wait, the reply is the one for a timeout.
 */
export function tryOrWait(
  client: Client,
  options: {
    keys: readonly string[];
    timeoutMs: number;
    /** What the key must hold; while it holds something else, the client goes on waiting. */
    type: abstract new (...args: never[]) => Value;
    attempt: (key: string) => Reply | undefined;
    onTimeout: Reply;
    /** The reply where nothing may wait, when it is not the one for a timeout. */
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
        // Something else is wrong, such as the type of the key to move to.
        if (error instanceof RespError) return error;
        throw error;
      }
    },
  });
}
