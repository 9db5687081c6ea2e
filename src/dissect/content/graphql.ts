/** Recognizes GraphQL in JSON bodies and query strings: the kind of the operation and its name. */
import type { Field } from "../message.ts";

/** "query Cart", "mutation addItem", "subscription": what a document does. */
export function graphqlOperation(document: string): { type: string; name: string } | undefined {
  const text = document.replace(/#[^\n]*/g, "").trim();
  const match = /^(query|mutation|subscription)\b\s*([A-Za-z_]\w*)?/.exec(text);
  if (!match && !text.startsWith("{")) return undefined;
  const first = /\{\s*(?:\w+\s*:\s*)?([A-Za-z_]\w*)/.exec(text)?.[1] ?? "";
  return { type: match?.[1] ?? "query", name: match?.[2] ?? first };
}

/** What a JSON body says of GraphQL: a request with a `query`, or a reply with `data` or `errors` alone. */
export function graphqlOf(
  json: Field,
): { summary: string; flat: Record<string, string> } | undefined {
  const children = json.children ?? [];
  const child = (name: string): Field | undefined => children.find((field) => field.name === name);
  const text = (field: Field | undefined): string => {
    return field
      ? field.value.replace(/^"|"$/g, "").replaceAll("\\\\n", "\n").replaceAll("\\n", "\n")
      : "";
  };
  const query = child("query");
  const operation = query && graphqlOperation(text(query));
  if (operation) {
    const name = text(child("operationName")) || operation.name;
    return {
      summary: `GraphQL ${operation.type} ${name}`.trim(),
      flat: { "graphql.type": operation.type, "graphql.operation": name },
    };
  }
  const errors = child("errors");
  const isReply = children.every(({ name }) => /^(data|errors|extensions)$/.test(name));
  if (children.length === 0 || !isReply || (!errors && !child("data"))) return undefined;
  const message = text(errors?.children?.[0]?.children?.find(({ name }) => name === "message"));
  return errors
    ? { summary: `GraphQL error ${message}`.trim(), flat: { "graphql.error": message } }
    : { summary: "GraphQL data", flat: {} };
}
