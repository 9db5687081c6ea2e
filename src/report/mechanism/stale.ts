/** A read from a server that another server had not yet told of a write. */
import { Kind } from "../../trace/kinds.ts";
import type { PacketDetail } from "../../trace/packet.ts";
import type { StoryLine } from "../../trace/story.ts";
import { describePacket, operationOf, packetOf } from "../../viewer/model/describe.ts";
import { notableCauses } from "../../viewer/model/events.ts";
import {
  describeAnswer,
  describeRequest,
  type OperationBar,
} from "../../viewer/model/operations.ts";
import { detailOf } from "../../viewer/model/rows.ts";
import type { Run } from "../../viewer/model/run.ts";
import { cut, showDuration, showTime } from "../../viewer/model/words.ts";
import { chainOf } from "./exchanges.ts";
import { faultPart, lineAt, type Material, type Mechanism, part, type Part, when } from "./part.ts";

interface Served {
  readonly host: number;
  /** When the request arrived, and when the answer was sent: event ids. */
  readonly arrived: number;
  readonly replied: number;
}

/** The sentence about a stale read; `undefined` if what was read and what was written met in one server. */
export function staleMechanism(material: Material): Mechanism | undefined {
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
    const ends: Ends = { read, reader, write, writer };
    const alike = staleAlike(material, ends, told?.arrived || run.trace.length);
    const delay = told && longestStep(run, writer.arrived, told.arrived || told.sent);
    return {
      parts: [
        ...sayAnswers(run, ends, alike),
        ...sayLate(run, ends, told, delay),
        ...sayFault(material, ends, delay),
        part("."),
      ],
      lines: linesOf(material, ends, told, delay, alike),
      did: [write, ...alike, read].map(({ invoke }) => invoke),
    };
  }
  return undefined;
}

/** A read, the write that it missed, and the servers that answered both. */
interface Ends {
  readonly read: OperationBar;
  readonly reader: Served;
  readonly write: OperationBar;
  readonly writer: Served;
}

/** What a server told another one: event ids; 0 for what did not arrive. */
interface Told {
  readonly sent: number;
  readonly arrived: number;
}

function nameOf({ trace }: Run, { host }: Served): string {
  return trace.hosts[host] as string;
}

function sayAnswers(run: Run, ends: Ends, alike: readonly OperationBar[]): Part[] {
  const { read, reader, write, writer } = ends;
  const asked = cut(describeRequest(read), 40);
  return [
    part(
      `${nameOf(run, writer)} confirmed ${write.lane}'s ${cut(describeRequest(write), 50)}`,
      write.complete,
    ),
    part(` at ${showTime(write.toNs)}`),
    part(`; ${nameOf(run, reader)} answered ${read.lane}'s ${asked}`, reader.replied),
    part(` with ${cut(describeAnswer(read), 30)} at ${when(run, reader.replied)}`),
    ...alike.slice(0, 2).map(({ lane, toNs, complete }) => {
      return part(` (and ${lane}'s at ${showTime(toNs)})`, complete);
    }),
  ];
}

/** Other reads that the same server answered as wrongly: after the write, and before it heard of it. */
function staleAlike(
  material: Material,
  { read, reader, write }: Ends,
  until: number,
): OperationBar[] {
  const key = JSON.stringify(read.key);
  const output = JSON.stringify(read.output);
  return material.run.operations.filter((bar) => {
    const isAlike = bar.f === read.f && bar.index !== read.index && bar.outcome === "ok";
    const isWithin = bar.invoke > write.complete && bar.complete < until;
    if (!isAlike || !isWithin || JSON.stringify(bar.key) !== key) return false;
    return JSON.stringify(bar.output) === output && servedBy(material, bar)?.host === reader.host;
  });
}

/** A step on a chain of causes: from one event to the next. */
interface Step {
  readonly from: number;
  readonly to: number;
  readonly tookNs: number;
}

/** The step that took longest of those that led from one event to another. */
function longestStep(run: Run, from: number, to: number): Step | undefined {
  const { timeNs } = run.trace;
  const chain = notableCauses(run, to).filter((id) => id >= from);
  let longest: Step | undefined;
  for (const [index, id] of chain.entries()) {
    const before = chain[index - 1];
    if (before === undefined) continue;
    const tookNs = (timeNs[id - 1] as number) - (timeNs[before - 1] as number);
    if (!longest || tookNs > longest.tookNs) longest = { from: before, to: id, tookNs };
  }
  return longest;
}

/** Whether a step is the way of a message. */
function isFlight({ kind }: Run["trace"], { from, to }: Step): boolean {
  return kind[from - 1] === Kind.send && kind[to - 1] === Kind.receive;
}

/** A message by what it is for: the parts of a handshake say little to most. */
function messageName(run: Run, id: number): string {
  const packet = packetOf(run, id);
  if (packet?.flags === "SYN") return "the request to connect (SYN)";
  if (packet?.flags === "SYN-ACK") return "the answer to its request to connect (SYN-ACK)";
  return "a message";
}

/** Why the other server had not heard of the write. */
function sayLate(run: Run, ends: Ends, told: Told | undefined, delay: Step | undefined): Part[] {
  const [from, to] = [nameOf(run, ends.writer), nameOf(run, ends.reader)];
  if (!told) return [part(`: ${from} had told ${to} nothing after that`)];
  const late =
    told.arrived > 0
      ? `what ${from} then sent to ${to} arrived at ${when(run, told.arrived)} only`
      : `what ${from} then sent to ${to} did not arrive`;
  const said = part(`: ${late}`, told.arrived || told.sent);
  if (!delay || !isFlight(run.trace, delay) || delay.from === told.sent) return [said];
  const packet = packetOf(run, delay.from);
  if (!packet) return [said];
  const { from: sender, to: receiver } = packet;
  return [
    said,
    part(`, since ${from} first had to wait for ${messageName(run, delay.from)}`, delay.to),
    part(` from ${sender} to ${receiver}, which took ${showDuration(delay.tookNs)}`),
  ];
}

/** The fault that slowed the slowest step, or else one that concerns one of the two servers. */
function sayFault({ run, answer }: Material, ends: Ends, delay: Step | undefined): Part[] {
  const names = [nameOf(run, ends.writer), nameOf(run, ends.reader)];
  const fault = answer.faults.find((each) => {
    const isThere = each.fromNs <= ends.read.toNs && each.toNs >= ends.write.fromNs;
    return isThere && each.targets.some((name) => names.includes(name));
  });
  if (!fault) return [];
  const isBy = delay !== undefined && isFlight(run.trace, delay) ? "by the fault: " : "";
  return [part(` (${isBy}${faultPart(fault).text})`, fault.began)];
}

function linesOf(
  { run, dissector }: Material,
  ends: Ends,
  told: Told | undefined,
  delay: Step | undefined,
  alike: readonly OperationBar[],
): StoryLine[] {
  const lines = alike.slice(0, 3).map((bar): StoryLine => {
    const text = `${describeRequest(bar)} -> ${describeAnswer(bar)}, from ${nameOf(run, ends.reader)} as well`;
    return { ...lineAt(run, bar.complete, text), who: bar.lane };
  });
  if (!told) return lines;
  if (delay && delay.from !== told.sent && isFlight(run.trace, delay)) {
    const { from = "" } = packetOf(run, delay.from) ?? {};
    const text = `receives ${messageName(run, delay.from)} from ${from}, ${showDuration(delay.tookNs)} after it was sent`;
    lines.push(lineAt(run, delay.to, text));
  }
  const packet = packetOf(run, told.sent);
  if (told.arrived > 0 && packet) {
    const said = dissector?.packet(told.sent)?.summary || describePacket(packet);
    lines.push(
      lineAt(
        run,
        told.arrived,
        `receives ${cut(said, 50)} from ${packet.from}, after it had answered`,
      ),
    );
  }
  return lines;
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
function firstTold({ trace, messages }: Run, writer: Served, to: number): Told | undefined {
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
