/** Dissects the body of a message by its media type, or by what it looks like. */
import type { Field } from "../message.ts";
import { decodeText, hex, isText, oneLine, showBytes, size } from "../text.ts";
import { graphqlOf, graphqlOperation } from "./graphql.ts";
import { jsonField, looksLikeJson } from "./json.ts";
import { protobufFields, protobufSummary } from "./protobuf.ts";
import { soapOperation, xmlFields } from "./xml.ts";

/** Bodies are looked at up to this many bytes. */
const LOOKED_MAX = 1 << 20;

/** A dissected body. */
export interface Content {
  /** "24 B JSON {"a":1}". */
  readonly summary: string;
  readonly fields: readonly Field[];
  readonly flat: Readonly<Record<string, string | number>>;
}

/** Where a body is in its message: its own bytes at an offset, or spread over a range, as chunks are. */
export type Place = { readonly offset: number } | { readonly start: number; readonly end: number };

/** Dissects a body. `type` is its media type, `encoding` what it is compressed with. */
export function contentOf(
  body: Uint8Array,
  { type = "", encoding = "", place }: { type?: string; encoding?: string; place: Place },
): Content {
  const end = Math.min(body.length, LOOKED_MAX);
  const placed = (from: number, to: number): { start: number; end: number } =>
    "offset" in place ? { start: place.offset + from, end: place.offset + to } : place;
  const bytes = size(body.length);
  const whole = (name: string, value: string, children?: readonly Field[]): Field[] => [
    { name, value, ...placed(0, body.length), ...(children && { children }) },
  ];
  if (body.length === 0) return { summary: "", fields: [], flat: {} };
  if (!/^(identity|none)?$/.test(encoding)) {
    return { summary: `${bytes} ${encoding}`, fields: whole("body", hex(body, 0, end)), flat: {} };
  }
  if (/json/.test(type) || looksLikeJson(body, 0, end)) {
    const json = jsonField(body, 0, end, placed);
    if (json) {
      const graphql = graphqlOf(json);
      return {
        summary: graphql?.summary ?? `${bytes} JSON ${json.value}`,
        fields: [json],
        flat: graphql?.flat ?? {},
      };
    }
  }
  if (/graphql/.test(type)) {
    const text = decodeText(body, 0, end);
    const operation = graphqlOperation(text);
    return {
      summary: operation ? `GraphQL ${operation.type} ${operation.name}` : `${bytes} GraphQL`,
      fields: whole("GraphQL", oneLine(text)),
      flat: operation
        ? { "graphql.type": operation.type, "graphql.operation": operation.name }
        : {},
    };
  }
  if (
    /xml/.test(type) ||
    /^\s*<\?xml|^\s*<[\w:]*Envelope/.test(decodeText(body, 0, Math.min(end, 80)))
  ) {
    return xmlContent(decodeText(body, 0, end), bytes, placed, whole);
  }
  if (/x-www-form-urlencoded/.test(type)) {
    const text = decodeText(body, 0, end);
    const fields = [...new URLSearchParams(text)].map(([name, value]) => ({
      name,
      value: oneLine(value),
      ...placed(0, body.length),
    }));
    return { summary: `${bytes} form ${oneLine(text, 50)}`, fields, flat: {} };
  }
  if (/proto(?!type)/.test(type)) {
    try {
      const fields = protobufFields(body, 0, end).map((field) => moved(field, placed));
      return { summary: `${bytes} Protobuf ${protobufSummary(fields)}`, fields, flat: {} };
    } catch {
      // It says so, and is not.
    }
  }
  const kind = isText(body, 0, end) ? "text" : (type.split("/")[1] ?? "").split(";")[0] || "binary";
  const shown = kind === "text" ? ` ${showBytes(body, 0, end, 50)}` : "";
  return {
    summary: `${bytes} ${kind}${shown}`,
    fields: whole("body", showBytes(body, 0, end)),
    flat: {},
  };
}

function xmlContent(
  text: string,
  bytes: string,
  placed: (from: number, to: number) => { start: number; end: number },
  whole: (name: string, value: string, children?: readonly Field[]) => Field[],
): Content {
  // Elements have places in the text, which are those of the bytes if each character is one byte.
  const inPlace = /^[\x00-\x7f]*$/.test(text);
  const children = xmlFields(text);
  const soap = soapOperation(children);
  const name = children[0]?.name ?? "";
  const range = whole("", "")[0] as Field;
  const elements = children.map((field) => moved(field, inPlace ? placed : () => range));
  const fields = whole("XML", name, elements);
  if (!soap) return { summary: `${bytes} XML ${name}`, fields, flat: {} };
  const { operation, fault } = soap;
  return {
    summary: fault === undefined ? `SOAP ${operation}` : `SOAP fault ${oneLine(fault)}`,
    fields,
    flat: { "soap.operation": operation, ...(fault !== undefined && { "soap.fault": fault }) },
  };
}

/** A field and its children at their place in the message. */
export function moved(
  field: Field,
  placed: (start: number, end: number) => { start: number; end: number },
): Field {
  const { children, start, end } = field;
  const { start: from, end: to } = placed(start, end);
  return {
    ...field,
    start: from,
    end: to,
    ...(children && { children: children.map((child) => moved(child, placed)) }),
  };
}
