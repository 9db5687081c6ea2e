/** Suggests how a filter can go on at the cursor: fields, then the values that occur in the run. */
import type { Run } from "../model/run.ts";
import { fields } from "./fields.ts";

/** A suggestion. */
export interface Suggestion {
  /** The text that replaces the part from `from` to `to`. */
  readonly insert: string;
  readonly about: string;
  readonly from: number;
  readonly to: number;
}

const SUGGESTIONS_MAX = 12;

const WORDS: readonly (readonly [string, string])[] = [
  ["after", "X after Y: events X that a Y could have influenced"],
  ["before", "X before Y: events X that could have influenced a Y"],
  ["unless", "X unless Y: events X that no Y could have influenced"],
];

/** Suggestions for the word at `cursor`. `protocolFields`: names such as "redis.cmd". */
export function complete(
  run: Run,
  text: string,
  cursor: number,
  protocolFields: readonly string[] = [],
): Suggestion[] {
  const head = text.slice(0, cursor);
  const value = /([\w.]+)(!=|>=|<=|=|:|~)([^\s()"']*)$/.exec(head);
  if (value) {
    const [, name, , begun] = value as unknown as [string, string, string, string];
    const field = fields.find((each) => each.name === name.toLowerCase());
    return (field?.choices?.(run) ?? [])
      .filter((choice) => choice.toLowerCase().startsWith(begun.toLowerCase()))
      .filter((choice) => choice.toLowerCase() !== begun.toLowerCase())
      .slice(0, SUGGESTIONS_MAX)
      .map((choice) => ({
        insert: /[\s()"']/.test(choice) ? `"${choice}"` : choice,
        about: "",
        from: cursor - begun.length,
        to: cursor,
      }));
  }
  const begun = /[\w.]*$/.exec(head)?.[0] ?? "";
  const from = cursor - begun.length;
  const known = [
    ...fields.map(({ name, about }) => [name, about] as const),
    ...protocolFields.map((name) => [name, "in the payload"] as const),
  ];
  const named = known
    .filter(([name]) => name.startsWith(begun.toLowerCase()))
    .map(([name, about]) => ({ insert: `${name}:`, about, from, to: cursor }));
  const words = WORDS.filter(([word]) => begun !== "" && word.startsWith(begun.toLowerCase()));
  return [
    ...named,
    ...words.map(([word, about]) => ({ insert: `${word} `, about, from, to: cursor })),
  ].slice(0, SUGGESTIONS_MAX);
}
