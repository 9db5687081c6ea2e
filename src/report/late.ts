/**
 * What the holders of a lock asked others while they held it, and was lost or answered late: the extension that a
 * library asks for by itself is no operation of the world, and yet it may be why a second one got the lock.
 */
import { formatNs } from "../base/units.ts";
import { type Message, TraceDissector } from "../dissect/index.ts";
import type { StoryLine } from "../trace/story.ts";
import type { Trace } from "../trace/trace.ts";
import { type Answer, answerOf, type Hold } from "../viewer/model/answer.ts";
import { packetOf } from "../viewer/model/describe.ts";
import { sentAgain } from "../viewer/model/events.ts";
import { Fate } from "../viewer/model/messages.ts";
import { indexRun, type Run } from "../viewer/model/run.ts";
import { cut } from "../viewer/model/words.ts";
import { formatTime } from "./story.ts";

/** At most this many requests are told: the last ones before the violation. */
const REQUESTS_MAX = 4;
const REQUEST_CHARACTERS = 60;

/** A request in the packet of a `send` event. */
interface Asked {
  readonly id: number;
  readonly request: Message;
}

/** The lines for the story of a trace's first violation; none if it is not about what clients held. */
export function lateRequests(trace: Trace): StoryLine[] {
  const run = indexRun(trace);
  const answer = answerOf(run);
  if (!answer || answer.event === 0 || answer.holds.length < 2) return [];
  const dissector = new TraceDissector(trace);
  return answer.holds
    .flatMap((hold) => askedMeanwhile(run, answer, hold, dissector))
    .flatMap((asked) => lineOf(run, asked) ?? [])
    .sort((a, b) => a.atNs - b.atNs)
    .slice(-REQUESTS_MAX);
}

/** The requests that a holder sent while it held, up to the violation. */
function askedMeanwhile(
  { trace, messages }: Run,
  answer: Answer,
  hold: Hold,
  dissector: TraceDissector,
): Asked[] {
  const untilNs = Math.min(hold.toNs, trace.timeNs[answer.event - 1] as number);
  const asked: Asked[] = [];
  for (let index = 0; index < messages.length; index++) {
    if (messages.from[index] !== hold.host) continue;
    const id = messages.send[index] as number;
    const sentNs = trace.timeNs[id - 1] as number;
    if (sentNs < hold.fromNs || sentNs > untilNs) continue;
    for (const request of dissector.packet(id)?.messages ?? []) {
      const isRequest = request.role === "request" && request.minor !== true;
      if (isRequest && request.firstPacket === id) asked.push({ id, request });
    }
  }
  return asked;
}

/** The line about a request, if it was lost or late, or the answer to it. */
function lineOf(run: Run, { id, request }: Asked): StoryLine | undefined {
  const packet = packetOf(run, id);
  if (!packet) return undefined;
  const { trace } = run;
  const atNs = trace.timeNs[id - 1] as number;
  const reply = request.partner?.lastPacket;
  const ends = [id, ...(reply === undefined ? [] : [reply])].map((sent) => arrivalOf(run, sent));
  if (ends.every(({ isHindered }) => !isHindered)) return undefined;
  const answered = reply === undefined ? undefined : ends.at(-1)?.atNs;
  const became =
    answered === undefined
      ? "never answered"
      : `answered ${formatNs(answered - atNs)} later, at ${formatTime(answered)}`;
  return {
    atNs,
    who: packet.from,
    text: `${cut(request.summary, REQUEST_CHARACTERS)} to ${packet.to}: ${became}`,
    tone: "note",
    event: id,
  };
}

/** When a message arrived, if it did, if need be sent again; and whether something lost or delayed it. */
function arrivalOf(
  run: Run,
  id: number,
): { readonly atNs: number | undefined; readonly isHindered: boolean } {
  const { trace, messages } = run;
  const index = (messages.ofRow[id - 1] as number) - 1;
  const fate = messages.fate[index];
  const isLost = fate === Fate.dropped || fate === Fate.transit;
  const end = isLost ? sentAgain(run, index).arrived : (messages.end[index] as number);
  return {
    atNs: end === 0 ? undefined : (trace.timeNs[end - 1] as number),
    isHindered: isLost || fate === Fate.delayed,
  };
}
