/** A read from a server that another server had not yet told of a write. */
import { Kind } from "../../trace/kinds.ts";
import type { PacketDetail } from "../../trace/packet.ts";
import { operationOf } from "../../viewer/model/describe.ts";
import {
  describeAnswer,
  describeRequest,
  type OperationBar,
} from "../../viewer/model/operations.ts";
import { detailOf } from "../../viewer/model/rows.ts";
import type { Run } from "../../viewer/model/run.ts";
import { cut, showTime } from "../../viewer/model/words.ts";
import { chainOf } from "./exchanges.ts";
import { faultPart, type Material, part, type Part, when } from "./part.ts";

interface Served {
  readonly host: number;
  /** When the request arrived, and when the answer was sent: event ids. */
  readonly arrived: number;
  readonly replied: number;
}

/** The sentence about a stale read; `undefined` if what was read and what was written met in one server. */
export function staleMechanism(material: Material): Part[] | undefined {
  const { run, answer } = material;
  const read = operationOf(run, answer.event);
  const reader = read && servedBy(material, read);
  if (!reader) return undefined;
  const writes = answer.operations
    .filter(({ complete }) => complete > 0 && complete < read.invoke)
    .filter(({ input }) => input !== undefined && input !== null)
    .toReversed();
  for (const write of writes) {
    const writer = servedBy(material, write);
    if (!writer || writer.host === reader.host) continue;
    const told = firstTold(run, writer, reader.host);
    if (told && told.arrived > 0 && told.arrived < reader.replied) continue;
    const [from, to] = [writer.host, reader.host].map((host) => run.trace.hosts[host] as string);
    const late = told
      ? told.arrived > 0
        ? `what ${from} then sent to ${to} arrived at ${when(run, told.arrived)} only`
        : `what ${from} then sent to ${to} did not arrive`
      : `${from} had told ${to} nothing after that`;
    const fault = answer.faults.find((each) => {
      const isThere = each.fromNs <= read.toNs && each.toNs >= write.fromNs;
      return isThere && each.targets.some((name) => name === from || name === to);
    });
    return [
      part(`${from} confirmed ${write.lane}'s ${cut(describeRequest(write), 50)}`, write.complete),
      part(` at ${showTime(write.toNs)}`),
      part(`; ${to} answered ${read.lane}'s ${cut(describeRequest(read), 40)}`, reader.replied),
      part(` with ${cut(describeAnswer(read), 30)} at ${when(run, reader.replied)}`),
      part(`: ${late}`, told?.arrived || told?.sent || 0),
      ...(fault ? [part(` (${faultPart(fault).text})`, fault.began)] : []),
      part("."),
    ];
  }
  return undefined;
}

/** The server that gave an operation its answer. */
function servedBy(material: Material, bar: OperationBar): Served | undefined {
  const { kind, host } = material.run.trace;
  const chain = chainOf(material, bar);
  const replied = chain.findLast((id) => kind[id - 1] === Kind.send && host[id - 1] !== bar.host);
  if (replied === undefined) return undefined;
  const server = host[replied - 1] as number;
  const arrived = chain.find((id) => kind[id - 1] === Kind.receive && host[id - 1] === server);
  return { host: server, arrived: arrived ?? replied, replied };
}

/** The first data that a server sent to another one after a request had arrived. */
function firstTold(
  { trace, messages }: Run,
  writer: Served,
  to: number,
): { readonly sent: number; readonly arrived: number } | undefined {
  for (let index = 0; index < messages.length; index++) {
    const sent = messages.send[index] as number;
    if (sent < writer.arrived || messages.from[index] !== writer.host) continue;
    if (messages.to[index] !== to) continue;
    const { bytes, repeats } = detailOf(trace, sent - 1) as PacketDetail;
    if (bytes === 0 || repeats !== undefined) continue;
    const end = messages.end[index] as number;
    const isThere = end > 0 && trace.kind[end - 1] === Kind.receive;
    return { sent, arrived: isThere ? end : 0 };
  }
  return undefined;
}
