/** Applies a filter to one message, on its own: what happened before and after it is not known. */
import { FilterError } from "./lexer.ts";
import { type Filter, parseFilter } from "./parser.ts";
import { tester, type Value } from "./values.ts";

/** What a filter can ask of a message. */
export interface Subject {
  /** The message in words, for terms without a field. */
  readonly text: string;
  /** The values of a field; none if the message does not have it. */
  values(field: string): readonly Value[];
}

/** A test of one message. */
export type MessageTest = (subject: Subject) => boolean;

/**
 * Parses a filter of messages. `isField`: whether there is a field with that name. Throws {@link FilterError} for what no
 * message on its own can have.
 */
export function parseMessageFilter(text: string, isField: (name: string) => boolean): MessageTest {
  const filter = parseFilter(text);
  if (!filter) throw new FilterError("it is empty", 0, 1);
  return testOf(filter, isField);
}

function testOf(filter: Filter, isField: (name: string) => boolean): MessageTest {
  switch (filter.type) {
    case "and":
    case "or": {
      const left = testOf(filter.left, isField);
      const right = testOf(filter.right, isField);
      return filter.type === "and"
        ? (subject) => left(subject) && right(subject)
        : (subject) => left(subject) || right(subject);
    }
    case "not": {
      const inner = testOf(filter.of, isField);
      return (subject) => !inner(subject);
    }
    case "link":
      throw new FilterError(
        `"${filter.link}" asks for other events, and this is one message`,
        0,
        1,
      );
    case "text": {
      const wanted = filter.text.toLowerCase();
      return ({ text }) => text.toLowerCase().includes(wanted);
    }
    case "field": {
      const { field, comparison, value, from, to } = filter;
      if (!isField(field)) {
        throw new FilterError(`there is no field "${field}"`, from, from + field.length);
      }
      const test = tester(comparison, value, from, to);
      return (subject) => subject.values(field).some(test);
    }
  }
}
