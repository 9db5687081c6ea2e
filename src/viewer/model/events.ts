/** The events that lists and keys step through. */
import { Kind } from "../../trace/kinds.ts";
import type { PacketDetail } from "../../trace/packet.ts";
import { detailOf, isNotable } from "./rows.ts";
import type { Run } from "./run.ts";

/**
 * The next event after `id` in a direction that is notable and shown; with `host`, only of that host. Returns 0 if
 * there is none.
 */
export function stepFrom(
  { trace }: Run,
  id: number,
  direction: 1 | -1,
  options: { readonly host?: number; readonly shown?: Uint8Array | undefined } = {},
): number {
  const { host, shown } = options;
  for (let at = id + direction; at >= 1 && at <= trace.length; at += direction) {
    const row = at - 1;
    if (host !== undefined && trace.host[row] !== host) continue;
    if (shown && shown[row] !== 1) continue;
    if (isNotable(trace.kind[row] as number)) return at;
  }
  return 0;
}

/** The nearest notable cause of event `id`; 0 if there is none. */
export function causeOf({ trace }: Run, id: number): number {
  let at = trace.cause[id - 1] ?? 0;
  while (at > 0 && !isNotable(trace.kind[at - 1] as number)) at = trace.cause[at - 1] as number;
  return at;
}

/** The first notable event that `id` led to; 0 if there is none. */
export function effectOf({ trace }: Run, id: number): number {
  const led = new Set([id]);
  for (let row = id; row < trace.length; row++) {
    if (!led.has(trace.cause[row] as number)) continue;
    if (isNotable(trace.kind[row] as number)) return row + 1;
    led.add(row + 1);
  }
  return 0;
}

/** The notable causes of event `id`, the first cause first, ending with the event itself. */
export function notableCauses(run: Run, id: number): number[] {
  const chain: number[] = [];
  for (let at = id; at > 0; at = causeOf(run, at)) chain.push(at);
  return chain.reverse();
}

/** The other end of a message: the arrival of a `send`, the `send` of an arrival; 0 if there is none. */
export function otherEnd({ trace, messages }: Run, id: number): number {
  const index = messages.ofRow[id - 1] ?? 0;
  if (index === 0) return 0;
  const end = trace.kind[id - 1] === Kind.send ? messages.end[index - 1] : messages.send[index - 1];
  return end ?? 0;
}

/** The `send` events of a lost message, each lost, and the event in which it arrived after all; 0 if it never did. */
export function sentAgain(
  { messages, trace }: Run,
  lost: number,
): { readonly sendings: readonly number[]; readonly arrived: number } {
  // Each retransmission names the one before it.
  const sendings = new Set([messages.send[lost] as number]);
  for (let index = lost + 1; index < messages.length; index++) {
    if (messages.from[index] !== messages.from[lost]) continue;
    const sent = messages.send[index] as number;
    const { repeats } = (detailOf(trace, sent - 1) ?? {}) as Partial<PacketDetail>;
    if (repeats === undefined || !sendings.has(repeats)) continue;
    sendings.add(sent);
    const end = messages.end[index] as number;
    if (end > 0 && trace.kind[end - 1] === Kind.receive) {
      sendings.delete(sent);
      return { sendings: [...sendings], arrived: end };
    }
  }
  return { sendings: [...sendings], arrived: 0 };
}

/**
 * The message that answers the message of event `id`, or that it answers: the next one on the same connection in
 * the other direction that it led to. Returns the id of its `send`; 0 if there is none. It is looked for among the
 * next 5,000 events.
 */
export function replyOf(run: Run, id: number): number {
  const { trace, messages } = run;
  const index = messages.ofRow[id - 1] ?? 0;
  if (index === 0) return 0;
  const sent = messages.send[index - 1] as number;
  const arrived = messages.end[index - 1] as number;
  if (arrived === 0) return 0;
  const request = detailOf(trace, sent - 1) as PacketDetail | undefined;
  if (!request || request.connection === 0 || request.bytes === 0) return 0;
  const last = Math.min(trace.length, arrived + 5_000);
  for (let row = arrived; row < last; row++) {
    if (trace.kind[row] !== Kind.send || trace.host[row] !== messages.to[index - 1]) continue;
    const packet = detailOf(trace, row) as PacketDetail | undefined;
    if (packet?.connection === request.connection && packet.bytes > 0) return row + 1;
  }
  return 0;
}
