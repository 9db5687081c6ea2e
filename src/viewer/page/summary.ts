/** Events in words with the help of dissectors: "sends GET cart:7 to redis" instead of "24 bytes". */
import { Kind } from "../../trace/kinds.ts";
import { describeEvent, describePacket, packetOf } from "../model/describe.ts";
import { Fate } from "../model/messages.ts";
import type { Run } from "../model/run.ts";
import type { State } from "./state.ts";

/** Whether the message of event `id` did not arrive as it was sent. */
export function isChanged({ messages }: Run, id: number): boolean {
  return messages.fate[(messages.ofRow[id - 1] ?? 0) - 1] === Fate.corrupted;
}

/** The message of event `id` in a few words: "GET cart:7", or its size where nothing can be read. */
export function messageWords(state: State, id: number): string {
  const packet = packetOf(state.run, id);
  const dissected = state.dissector.value?.packet(id)?.summary;
  if (dissected !== undefined && dissected !== "") {
    return packet?.repeats === undefined ? dissected : `${dissected} (sent again)`;
  }
  return packet ? describePacket(packet) : "";
}

/** What the decisive moment of the story is. */
export function decisiveWords({ answerShown }: State): string {
  return answerShown.value?.isTurn === true
    ? "here it went wrong"
    : "here the violation came to light";
}

/** Event `id` in a line, without its host and time. */
export function summaryOf(state: State, id: number): string {
  const { run } = state;
  const kind = run.trace.kind[id - 1];
  if (kind !== Kind.send && kind !== Kind.receive && kind !== Kind.drop) {
    return describeEvent(run, id);
  }
  const packet = packetOf(run, id);
  const words = state.dissector.value?.packet(id)?.summary ?? "";
  if (!packet || words === "") return describeEvent(run, id);
  const again = packet.repeats === undefined ? "" : " (sent again)";
  switch (kind) {
    case Kind.send:
      return `sends ${packet.to} ${words}${again}`;
    case Kind.receive:
      return `receives ${words}${again} from ${packet.from}${isChanged(run, id) ? ", changed in flight" : ""}`;
    default:
      return `loses ${words}${again} from ${packet.from}`;
  }
}
