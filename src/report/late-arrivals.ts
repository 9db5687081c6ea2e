/**
 * What clients had sent and given up, and what arrived after that: a request that a fault held up, whose sender had
 * stopped waiting for an answer when it came. The receiver carries it out all the same: it releases a lock that another
 * client holds by now, or grants one to a client that has given up.
 */
import { formatNs } from "../base/units.ts";
import type { PacketDetail } from "../trace/packet.ts";
import type { StoryLine } from "../trace/story.ts";
import type { Trace } from "../trace/trace.ts";
import { answerOf } from "../viewer/model/answer.ts";
import { sentAgain } from "../viewer/model/events.ts";
import { Fate } from "../viewer/model/messages.ts";
import { describeRequest, type OperationBar } from "../viewer/model/operations.ts";
import { detailOf } from "../viewer/model/rows.ts";
import { indexRun, type Run } from "../viewer/model/run.ts";
import { cut } from "../viewer/model/words.ts";
import { formatTime } from "./story.ts";

/** At most this many are told: the last ones before the violation. */
const ARRIVALS_MAX = 3;
const REQUEST_CHARACTERS = 40;

/** A message that arrived after its operation had been given up. */
interface LateArrival {
  readonly bar: OperationBar;
  readonly packet: PacketDetail;
  readonly sentNs: number;
  /** The event in which it arrived. */
  readonly arrived: number;
  /** How often it was lost before. */
  readonly losses: number;
}

/** The lines for the story of a trace's first violation. */
export function lateArrivals(trace: Trace): StoryLine[] {
  const run = indexRun(trace);
  const answer = answerOf(run);
  if (!answer || answer.event === 0) return [];
  const givenUp = run.operations.filter(({ outcome }) => outcome === "info" || outcome === "fail");
  if (givenUp.length === 0) return [];
  const found: LateArrival[] = [];
  for (let index = 0; index < run.messages.length; index++) {
    if ((run.messages.send[index] as number) > answer.event) break;
    const late = lateArrival(run, index, givenUp);
    // One request may take several packets. The first that is late tells of it.
    if (late && late.arrived <= answer.event && !found.some(({ bar }) => bar === late.bar)) {
      found.push(late);
    }
  }
  return found.slice(-ARRIVALS_MAX).map((late) => lineOf(run, late));
}

function lateArrival(
  run: Run,
  index: number,
  givenUp: readonly OperationBar[],
): LateArrival | undefined {
  const { trace, messages } = run;
  const fate = messages.fate[index];
  if (fate !== Fate.dropped && fate !== Fate.delayed) return undefined;
  const sent = messages.send[index] as number;
  const packet = detailOf(trace, sent - 1) as PacketDetail;
  if (packet.bytes === 0 || packet.repeats !== undefined) return undefined;
  const sentNs = trace.timeNs[sent - 1] as number;
  const bars = givenUp.filter(({ host, fromNs, toNs }) => {
    return host === messages.from[index] && fromNs <= sentNs && sentNs <= toNs;
  });
  if (bars.length === 0) return undefined;
  const again = fate === Fate.dropped ? sentAgain(run, index) : undefined;
  const arrived = again ? again.arrived : (messages.end[index] as number);
  const arrivedNs = trace.timeNs[arrived - 1] as number;
  const bar = bars.find(({ toNs }) => arrived > 0 && toNs < arrivedNs);
  return bar && { bar, packet, sentNs, arrived, losses: again?.sendings.length ?? 0 };
}

function lineOf({ trace }: Run, { bar, packet, sentNs, arrived, losses }: LateArrival): StoryLine {
  const request = cut(describeRequest(bar), REQUEST_CHARACTERS);
  const times = losses > 1 ? `, lost ${losses} times` : losses === 1 ? ", lost once" : "";
  const atNs = trace.timeNs[arrived - 1] as number;
  const waited = formatNs(atNs - sentNs);
  return {
    atNs,
    who: packet.to,
    text: `receives ${packet.from}'s ${request} of ${formatTime(sentNs)}, ${waited} after it was sent${times}: it was given up at ${formatTime(bar.toNs)}`,
    tone: "note",
    event: arrived,
  };
}
