/** A message that a fault made late or lost, and the operation that waited for it. */
import type { PacketDetail } from "../../trace/packet.ts";
import type { FaultSpan } from "../../viewer/model/faults.ts";
import { Fate, messagesWithin } from "../../viewer/model/messages.ts";
import { describePacket } from "../../viewer/model/describe.ts";
import { sentAgain } from "../../viewer/model/events.ts";
import { describeRequest, type OperationBar } from "../../viewer/model/operations.ts";
import { detailOf } from "../../viewer/model/rows.ts";
import type { Run } from "../../viewer/model/run.ts";
import { cut, showDuration, showTime } from "../../viewer/model/words.ts";
import {
  decisivePart,
  faultPart,
  lineAt,
  type Material,
  type Mechanism,
  part,
  when,
} from "./part.ts";

interface Loss {
  readonly sent: number;
  /** The events in which it was sent and lost, the first one first. */
  readonly sendings: readonly number[];
  /** When it arrived at last, as an event; 0 for never. */
  readonly arrived: number;
  readonly waits: OperationBar;
}

/** The sentence about a lost message; `undefined` if none was lost that an operation waited for. */
export function lossMechanism(material: Material): Mechanism | undefined {
  const { run, answer } = material;
  for (const fault of answer.faults) {
    const loss = greatestLoss(run, fault);
    if (!loss) continue;
    const { sent, sendings, arrived, waits } = loss;
    const times = sendings.length;
    const packet = detailOf(run.trace, sent - 1) as PacketDetail;
    const said = material.dissector?.packet(sent)?.summary || describePacket(packet);
    const afterNs = (run.trace.timeNs[arrived - 1] as number) - fault.toNs;
    const after = afterNs > 0 ? `, ${showDuration(afterNs)} after the fault had ended` : "";
    const often = times === 1 ? "was lost" : `was lost ${times} times`;
    const decisive = decisivePart(material);
    const next = arrived > 0 ? undefined : nextTry(run, sendings);
    const parts = [
      faultPart(fault),
      part(` until ${showTime(fault.toNs)}`, fault.lifted),
      part(`; ${cut(said, 50)} from ${packet.from} to ${packet.to} ${often}`, sent),
      arrived > 0
        ? part(` and came through at ${when(run, arrived)}${after}`, arrived)
        : part(" and never came through"),
      ...(next
        ? [
            part(
              ` (it was last sent again at ${when(run, sendings.at(-1) as number)}`,
              sendings.at(-1),
            ),
            part(`, and ${next.text})`),
          ]
        : []),
      part(`, while ${waits.lane}'s ${cut(describeRequest(waits), 40)} waited`, waits.invoke),
      ...(decisive ? [part(`; ${decisive.text}`, decisive.event)] : []),
      part("."),
    ];
    const whom = `${cut(said, 50)} to ${packet.to}`;
    const lines = [lineAt(run, sent, `sends ${whom}: lost`)];
    if (times > 1) {
      const last = sendings.at(-1) as number;
      const more = next ? `; ${next.text}` : "";
      lines.push(
        lineAt(run, last, `sends ${whom} again: lost for the ${ordinal(times)} time${more}`),
      );
    }
    if (arrived > 0)
      lines.push(lineAt(run, arrived, `receives ${cut(said, 50)} from ${packet.from}`));
    return { parts, lines };
  }
  return undefined;
}

/** "2nd". */
function ordinal(count: number): string {
  const isTeen = count % 100 > 10 && count % 100 < 14;
  return `${count}${(!isTeen && ["", "st", "nd", "rd"][count % 10]) || "th"}`;
}

/**
 * When a message that is sent again ever more seldom would have been sent next: TCP doubles its wait after each loss.
 * `undefined` if the waits of this one did not grow so, or if it would have been sent before the end of the run.
 */
function nextTry(run: Run, sendings: readonly number[]): { readonly text: string } | undefined {
  const [a, b, c] = sendings.slice(-3).map((id) => run.trace.timeNs[id - 1] as number);
  if (a === undefined || b === undefined || c === undefined) return undefined;
  const grows = (c - b) / (b - a);
  const nextNs = c + 2 * (c - b);
  if (grows < 1.8 || grows > 2.2 || nextNs < run.endNs) return undefined;
  const wait = showDuration(2 * (c - b));
  return {
    text: `the next try was due ${wait} later, at ${showTime(nextNs)}, since TCP doubles its wait after each loss`,
  };
}

/** The loss that an operation waited for longest. */
function greatestLoss(run: Run, fault: FaultSpan): Loss | undefined {
  const { messages, trace } = run;
  let found: Loss | undefined;
  let longestNs = 0;
  messagesWithin(messages, fault.began, fault.lifted || trace.length, (index) => {
    const sent = messages.send[index] as number;
    if (messages.fate[index] !== Fate.dropped || sent < fault.began) return;
    const packet = detailOf(trace, sent - 1) as PacketDetail;
    if (packet.bytes === 0 || packet.repeats !== undefined) return;
    const again = sentAgain(run, index);
    const untilNs = again.arrived > 0 ? (trace.timeNs[again.arrived - 1] as number) : run.endNs;
    const waits = run.operations.find((bar) => {
      const isEnd = bar.host === messages.to[index] || bar.host === messages.from[index];
      return isEnd && bar.fromNs <= (trace.timeNs[sent - 1] as number) && bar.toNs >= untilNs;
    });
    const lastsNs = untilNs - (trace.timeNs[sent - 1] as number);
    if (!waits || lastsNs <= longestNs) return;
    longestNs = lastsNs;
    found = { sent, waits, ...again };
  });
  return found;
}
