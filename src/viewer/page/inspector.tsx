/** The selected event: what it was, why it happened, what it carried, and what happened around it. */
import type { ComponentChildren, VNode } from "preact";
import { useState } from "preact/hooks";
import type { Field, Message } from "../../dissect/index.ts";
import type { PacketDetail } from "../../trace/packet.ts";
import { stackOf, type Trace } from "../../trace/trace.ts";
import { Kind, kindNames } from "../../trace/kinds.ts";
import { describeEvent, hostOf, operationOf, packetOf } from "../model/describe.ts";
import { notableCauses, otherEnd, replyOf, stepFrom } from "../model/events.ts";
import { fateNames } from "../model/messages.ts";
import { describeAnswer, describeRequest } from "../model/operations.ts";
import { detailOf } from "../model/rows.ts";
import { cut, showDuration, showTime, showValue } from "../model/words.ts";
import { stateAt } from "./draw/lanes.ts";
import { Link } from "./panels/table.tsx";
import { select, type State } from "./state.ts";
import { toldState } from "../model/state.ts";
import { decisiveWords, isChanged, messageWords, summaryOf } from "./summary.ts";

/** The inspector. */
export function Inspector({ state }: { state: State }): VNode {
  const id = state.selected.value;
  return (
    <aside class="inspector" tabIndex={-1} aria-label="The selected event">
      {id === 0 ? <Nothing /> : <Selected key={id} state={state} id={id} />}
    </aside>
  );
}

function Nothing(): VNode {
  return (
    <div class="empty">
      <h2>No event is selected</h2>
      <p>
        Click an event, a message or an operation, or press <kbd>→</kbd>.
      </p>
      <p>
        <kbd>c</kbd> lights what could have led to it, <kbd>?</kbd> lists all keys.
      </p>
    </div>
  );
}

function Selected({ state, id }: { state: State; id: number }): VNode {
  const { run } = state;
  const row = id - 1;
  const kind = run.trace.kind[row] as number;
  const atNs = run.trace.timeNs[row] as number;
  const host = run.trace.host[row] as number;
  const step = state.answerShown.value?.steps.find(({ event }) => event === id);
  return (
    <div>
      <p class="where">
        <b>{hostOf(run, id)}</b> <span>{showTime(atNs, 1e3)}</span>{" "}
        <span class="soft">event {id}</span> <span class="soft">{kindNames[kind]}</span>
      </p>
      <h2>{summaryOf(state, id)}</h2>
      {step && (
        <p class={step.decisive ? "in-story decisive" : "in-story"}>
          <span class="number">{step.number}</span>
          {step.decisive && <b>{decisiveWords(state)}: </b>}
          {step.line.text.split("\n").map((line) => (
            <span key={line} class="line">
              {line}
            </span>
          ))}
        </p>
      )}
      <RelationTo state={state} id={id} />
      <OperationFacts state={state} id={id} />
      <MessageFacts state={state} id={id} />
      <OtherFacts state={state} id={id} />
      <Causes state={state} id={id} />
      <Stack state={state} id={id} />
      {host > 0 && <HostState state={state} id={id} host={host} atNs={atNs} />}
      <LogsAround state={state} id={id} />
    </div>
  );
}

/** How the host of an event was then: as its lane says, and as its programs had told. */
function HostState(props: { state: State; id: number; host: number; atNs: number }): VNode {
  const { state, id, host, atNs } = props;
  const { run } = state;
  const told = toldState(run, host, id);
  return (
    <Section title={`State of ${hostOf(run, id)}`}>
      <p>{stateAt({ run }, host, atNs)}</p>
      {told.length > 0 && (
        <Facts
          facts={told.map(({ name, value, event }) => [
            name,
            <Link key={name} state={state} id={event}>
              {showValue(value, 120)}
            </Link>,
          ])}
        />
      )}
    </Section>
  );
}

function Section({ title, children }: { title: string; children: ComponentChildren }): VNode {
  return (
    <section>
      <h3>{title}</h3>
      {children}
    </section>
  );
}

function EventLink({ state, id, text }: { state: State; id: number; text?: string }): VNode {
  const { run } = state;
  return (
    <button class="event" onClick={() => select(state, id)}>
      <span class="time">{showTime(run.trace.timeNs[id - 1] as number)}</span>
      <span class="host">{hostOf(run, id)}</span>
      <span class="text">{text ?? cut(summaryOf(state, id), 72)}</span>
    </button>
  );
}

function RelationTo({ state, id }: { state: State; id: number }): VNode | null {
  const other = state.other.value;
  const relation = state.relation.value;
  if (other === 0 || relation === undefined || relation === "same") return null;
  const words = {
    before: "happened before this event and could have influenced it",
    after: "happened after this event and could have been influenced by it",
    concurrent: "is concurrent: neither could have known of the other",
  }[relation];
  return (
    <Section title={`Event ${other}`}>
      <p class={`relation ${relation}`}>
        {summaryOf(state, other)} ({hostOf(state.run, other)}) {words}.
      </p>
      {relation !== "concurrent" && (
        <ol class="chain">
          {state.chain.value.slice(0, 40).map((each) => (
            <li key={each} class={each === id ? "here" : ""}>
              <EventLink state={state} id={each} />
            </li>
          ))}
        </ol>
      )}
    </Section>
  );
}

function Facts({ facts }: { facts: readonly (readonly [string, ComponentChildren])[] }): VNode {
  return (
    <dl>
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function OperationFacts({ state, id }: { state: State; id: number }): VNode | null {
  const bar = operationOf(state.run, id);
  if (!bar) return null;
  const { trace } = state.run;
  const other = bar.invoke === id ? bar.complete : bar.invoke;
  const answer = state.answerShown.value;
  const isPart = answer?.operations.includes(bar) === true;
  return (
    <Section title="Operation">
      <Facts
        facts={[
          ["client", bar.lane],
          ["request", describeRequest(bar)],
          ["answer", describeAnswer(bar)],
          ["took", bar.toNs === Infinity ? "never answered" : showDuration(bar.toNs - bar.fromNs)],
          ...(isPart || answer?.did.has(bar.invoke) === true
            ? [["violation", isPart ? "it is part of it" : "it suffered the same"] as const]
            : []),
        ]}
      />
      {other > 0 && (
        <EventLink
          state={state}
          id={other}
          text={trace.kind[other - 1] === Kind.invoke ? "its request" : "its answer"}
        />
      )}
    </Section>
  );
}

function MessageFacts({ state, id }: { state: State; id: number }): VNode | null {
  const { run } = state;
  const { trace, messages } = run;
  const kind = trace.kind[id - 1];
  if (kind !== Kind.send && kind !== Kind.receive && kind !== Kind.drop) return null;
  const packet = packetOf(run, id);
  if (!packet) return null;
  const index = (messages.ofRow[id - 1] as number) - 1;
  const fate = index < 0 ? undefined : fateNames[messages.fate[index] as number];
  const end = index < 0 ? 0 : (messages.end[index] as number);
  const sent = index < 0 ? id : (messages.send[index] as number);
  const drop = end > 0 && trace.kind[end - 1] === Kind.drop ? detailOf(trace, end - 1) : undefined;
  const reason = (drop as { reason?: string } | undefined)?.reason;
  const other = otherEnd(run, id);
  const reply = replyOf(run, id);
  const flight =
    end > 0 ? (trace.timeNs[end - 1] as number) - (trace.timeNs[sent - 1] as number) : 0;
  return (
    <>
      <Section title="Message">
        <Facts
          facts={[
            ["from", `${packet.from}:${packet.fromPort}`],
            ["to", `${packet.to}:${packet.toPort}`],
            ["fate", `${fate ?? "unknown"}${reason === undefined ? "" : `: ${reason}`}`],
            ...(flight > 0 ? [["took", showDuration(flight)] as const] : []),
            [
              packet.protocol,
              [packet.flags, `${packet.bytes} bytes`, `connection ${packet.connection}`]
                .filter((part) => part !== "" && part !== "connection 0")
                .join(" · "),
            ],
            ...(packet.repeats === undefined
              ? []
              : [["repeats", `event ${packet.repeats}: it was sent again`] as const]),
          ]}
        />
        {other > 0 && (
          <EventLink
            state={state}
            id={other}
            text={
              other === sent
                ? "its sending"
                : kind === Kind.send && reason
                  ? "its loss"
                  : "its arrival"
            }
          />
        )}
        {reply > 0 && (
          <EventLink state={state} id={reply} text={`reply: ${messageWords(state, reply)}`} />
        )}
      </Section>
      <Changed state={state} end={end} sent={sent} />
      <Payload state={state} id={id} />
    </>
  );
}

/** What arrived in place of what was sent: both, with the bytes that differ marked. */
function Changed(props: { state: State; end: number; sent: number }): VNode | null {
  const { state, end, sent } = props;
  const { trace } = state.run;
  if (end === 0 || !isChanged(state.run, end) || !state.payloadsReady.value) return null;
  const [before, after] = [sent, end].map((id) => {
    return (detailOf(trace, id - 1) as PacketDetail | undefined)?.payload;
  });
  if (!before || !after) return null;
  const at = after.findIndex((byte, index) => byte !== before[index]);
  return (
    <Section title={`Changed in flight: byte ${at} of ${after.length}`}>
      <p class="soft">sent</p>
      <Hex bytes={before} from={at} to={at + 1} />
      <p class="soft">arrived</p>
      <Hex bytes={after} from={at} to={at + 1} />
    </Section>
  );
}

function Payload({ state, id }: { state: State; id: number }): VNode | null {
  const packet = packetOf(state.run, id);
  if (!packet || packet.bytes === 0) return null;
  if (!state.payloadsReady.value) return <Section title="Payload">is being unpacked…</Section>;
  const dissected = state.dissector.value?.packet(id);
  const bytes = packet.payload;
  return (
    <Section title={`Payload · ${dissected?.conversation.dissector.title ?? "bytes"}`}>
      {!bytes && (
        <p class="soft">
          {state.facts.left === undefined
            ? "It is not in the trace."
            : "It was left out of this page: see the banner."}
        </p>
      )}
      {dissected?.messages.slice(0, 20).map((message, index) => (
        <MessageTree key={index} message={message} />
      ))}
      {bytes && (dissected === undefined || dissected.messages.length === 0) && (
        <Hex bytes={bytes} from={0} to={0} />
      )}
    </Section>
  );
}

function MessageTree({ message }: { message: Message }): VNode {
  const [range, setRange] = useState<readonly [number, number]>([0, 0]);
  const whole = message.source.subarray(message.start, message.end);
  const shift = message.start;
  return (
    <div class="message">
      <p>
        <span class="protocol">{message.protocol}</span> {message.summary}
        {message.incomplete === true && <span class="soft"> (incomplete)</span>}
      </p>
      {message.partner && (
        <p class="soft">
          {message.role === "reply" ? "answers" : "answered by"} {message.partner.summary}
        </p>
      )}
      <Tree fields={message.fields} onRange={(from, to) => setRange([from - shift, to - shift])} />
      <Hex bytes={whole} from={range[0]} to={range[1]} />
    </div>
  );
}

function Tree(props: {
  fields: readonly Field[];
  onRange: (from: number, to: number) => void;
}): VNode | null {
  const { fields, onRange } = props;
  if (fields.length === 0) return null;
  return (
    <ul class="tree">
      {fields.slice(0, 60).map((field, index) => (
        <li key={index}>
          <span
            class="field"
            onPointerEnter={() => onRange(field.start, field.end)}
            onPointerLeave={() => onRange(0, 0)}
          >
            <b>{field.name}</b> {field.value}
          </span>
          {field.children && <Tree fields={field.children} onRange={onRange} />}
        </li>
      ))}
      {fields.length > 60 && <li class="soft">and {fields.length - 60} more</li>}
    </ul>
  );
}

const HEX_MAX = 256;

function Hex({ bytes, from, to }: { bytes: Uint8Array; from: number; to: number }): VNode {
  const start = from >= HEX_MAX ? from - (from % 16) : 0;
  const shown = bytes.subarray(start, start + HEX_MAX);
  const lines: VNode[] = [];
  for (let at = 0; at < shown.length; at += 16) {
    const part = [...shown.subarray(at, at + 16)];
    lines.push(
      <div key={at}>
        <span class="soft">{(start + at).toString(16).padStart(4, "0")} </span>
        {part.map((byte, index) => {
          const place = start + at + index;
          const inside = place >= from && place < to;
          return (
            <span key={index} class={inside ? "on" : ""}>
              {byte.toString(16).padStart(2, "0")}{" "}
            </span>
          );
        })}
        <span>{"   ".repeat(16 - part.length)}</span>
        <span class="soft">
          {part
            .map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : "·"))
            .join("")}
        </span>
      </div>,
    );
  }
  return (
    <details class="hex" open={to > from ? true : undefined}>
      <summary>{bytes.length} bytes</summary>
      <div class="bytes" tabIndex={0} role="group" aria-label="Bytes in hexadecimal">
        {lines}
        {bytes.length > start + HEX_MAX && (
          <div class="soft">… {bytes.length - start - HEX_MAX} more</div>
        )}
      </div>
    </details>
  );
}

function OtherFacts({ state, id }: { state: State; id: number }): VNode | null {
  const { trace } = state.run;
  const kind = trace.kind[id - 1] as number;
  const told = [Kind.send, Kind.receive, Kind.drop, Kind.invoke, Kind.complete] as number[];
  const detail = detailOf(trace, id - 1);
  if (told.includes(kind) || typeof detail !== "object" || detail === null) return null;
  const facts = Object.entries(detail).filter(([, value]) => value !== undefined);
  return (
    <Section title="Details">
      <Facts
        facts={facts.map(([name, value]) => {
          const isTime = name.endsWith("Ns") && typeof value === "number";
          return [name.replace(/Ns$/, ""), isTime ? showDuration(value) : showValue(value, 400)];
        })}
      />
    </Section>
  );
}

function Causes({ state, id }: { state: State; id: number }): VNode | null {
  const chain = notableCauses(state.run, id);
  const { timeNs } = state.run.trace;
  // No chain of messages leads through a fault: those of the story that had begun are told beside it.
  const faults = (state.answerShown.value?.faults ?? []).filter(({ began, fromNs }) => {
    return began > 0 && fromNs <= (timeNs[id - 1] as number);
  });
  if (chain.length < 2 && faults.length === 0) return null;
  const shown = chain.slice(-7);
  return (
    <Section title="Why: its causes">
      {faults.slice(-3).map((fault) => (
        <button key={fault.began} class="event fault" onClick={() => select(state, fault.began)}>
          <span class="time">{showTime(fault.fromNs)}</span>
          <span class="host">fault</span>
          <span class="text">{fault.text}</span>
        </button>
      ))}
      <ol class="chain">
        {chain.length > shown.length && (
          <li class="soft">… {chain.length - shown.length} earlier ones</li>
        )}
        {shown.map((each) => (
          <li key={each} class={each === id ? "here" : ""}>
            <EventLink state={state} id={each} />
          </li>
        ))}
      </ol>
    </Section>
  );
}

/** So many causes of an event are asked for a place in the code. */
const CAUSES_ASKED = 40;

/** The nearest cause of event `id` on its host that has a place in the code; 0 if there is none. */
function nearestStack(trace: Trace, id: number): number {
  let at = id;
  for (let steps = 0; steps < CAUSES_ASKED && at > 0; steps++) {
    if (trace.host[at - 1] !== trace.host[id - 1]) return 0;
    if (stackOf(trace, at).length > 0) return at;
    at = trace.cause[at - 1] as number;
  }
  return 0;
}

/** Where in the programs' files an event comes from: its own place, or that of the nearest cause that has one. */
function Stack({ state, id }: { state: State; id: number }): VNode | null {
  const { trace, messages } = state.run;
  // A message that arrives was sent somewhere.
  const index = (messages.ofRow[id - 1] ?? 0) - 1;
  const sent = index < 0 ? id : (messages.send[index] as number);
  const made = nearestStack(trace, sent);
  if (made === 0) return null;
  const title = made !== sent ? "What led to it in the code" : "Where it was sent in the code";
  return (
    <Section title={made === id ? "Where in the code" : title}>
      <ul class="places">
        {stackOf(trace, made).map((line) => {
          const [place, ...name] = line.split(" ");
          return (
            <li key={line}>
              <code>{place}</code> <span class="soft">{name.join(" ")}</span>
            </li>
          );
        })}
      </ul>
    </Section>
  );
}

function LogsAround({ state, id }: { state: State; id: number }): VNode | null {
  const { run } = state;
  const { trace } = run;
  const host = trace.host[id - 1] as number;
  if (host === 0) return null;
  const found: number[] = [];
  for (const direction of [-1, 1] as const) {
    let at = id;
    let seen = 0;
    for (let steps = 0; steps < 400 && seen < 4; steps++) {
      at = stepFrom(run, at, direction, { host });
      if (at === 0) break;
      const kind = trace.kind[at - 1];
      if (kind !== Kind.log && kind !== Kind.uncaught) continue;
      seen++;
      if (direction < 0) found.unshift(at);
      else found.push(at);
    }
  }
  if (found.length === 0) return null;
  return (
    <Section title="Its output around">
      {found.map((each) => (
        <EventLink key={each} state={state} id={each} text={describeEvent(run, each)} />
      ))}
    </Section>
  );
}
