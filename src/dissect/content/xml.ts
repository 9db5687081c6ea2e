/** Reads XML, and SOAP in it, into fields: elements with their text. No entities, no validation. */
import type { Field } from "../message.ts";
import { oneLine } from "../text.ts";

const NODES_MAX = 500;

interface Element {
  readonly name: string;
  readonly start: number;
  readonly children: Field[];
  text: string;
}

const tag =
  /<(?:!--[\s\S]*?-->|!\[CDATA\[([\s\S]*?)\]\]>|[?!][^>]*>|(\/?)([\w:.-]+)([^>]*?)(\/?)>)/g;

/** The elements of a text. Offsets are those of characters. */
export function xmlFields(text: string): Field[] {
  const root: Element = { name: "", start: 0, children: [], text: "" };
  const stack: Element[] = [root];
  let last = 0;
  let nodes = 0;
  for (const match of text.matchAll(tag)) {
    const [all, cdata, closing, name = "", , empty] = match;
    const top = stack.at(-1) as Element;
    top.text += text.slice(last, match.index) + (cdata ?? "");
    last = match.index + all.length;
    if (name === "" || ++nodes > NODES_MAX) continue;
    if (closing) {
      if (stack.length > 1) close(stack, last);
    } else {
      stack.push({ name, start: match.index, children: [], text: "" });
      if (empty) close(stack, last);
    }
  }
  while (stack.length > 1) close(stack, text.length);
  return root.children;
}

function close(stack: Element[], end: number): void {
  const { name, start, children, text } = stack.pop() as Element;
  const own = text.trim();
  (stack.at(-1) as Element).children.push({
    name,
    value: oneLine(own || children.map((child) => child.name).join(", ")),
    start,
    end,
    ...(children.length > 0 && { children }),
  });
}

/** The operation of a SOAP envelope (the name of the first element of its body), or its fault. */
export function soapOperation(
  fields: readonly Field[],
): { operation: string; fault: string | undefined } | undefined {
  const envelope = fields.find(({ name }) => local(name) === "Envelope");
  const body = envelope?.children?.find(({ name }) => local(name) === "Body");
  const first = body?.children?.[0];
  if (!first) return undefined;
  const isFault = local(first.name) === "Fault";
  const reason = first.children?.find(({ name }) => /faultstring|Reason/.test(name));
  const why = reason?.children?.[0]?.value ?? reason?.value ?? "";
  return { operation: local(first.name), fault: isFault ? why : undefined };
}

function local(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}
