/** Reads the doc comments that the page about faults is made of, from the source files of the kinds of faults. */

/** A doc comment: its paragraphs, as Markdown, and its tags by name. */
export interface DocComment {
  readonly text: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** One option of a word. */
export interface DocOption {
  readonly name: string;
  readonly text: string;
  readonly fallback: string;
}

const COMMENT = String.raw`\/\*\*((?:(?!\*\/)[\s\S])*)\*\/`;

/** The doc comment of a declaration, found by the text that follows it: "export const crash:". */
export function commentBefore(source: string, declaration: string): DocComment | undefined {
  const at = source.indexOf(declaration);
  const before = at < 0 ? null : new RegExp(`${COMMENT}\\s*$`).exec(source.slice(0, at));
  return before ? parse(before[1] as string) : undefined;
}

/** The options that an interface adds to those of all faults, with their comments. */
export function optionsOf(source: string, name: string): DocOption[] {
  const body = new RegExp(`export interface ${name} extends FaultOptions \\{\n([\\s\\S]*?)\n\\}`);
  const [, members = ""] = body.exec(source) ?? [];
  const member = new RegExp(`${COMMENT}\\s*readonly (\\w+)\\?:`, "g");
  return [...members.matchAll(member)].map(([, comment = "", option = ""]) => {
    const sentence = parse(comment).text.replaceAll("\n", " ");
    const [, text = "", fallback = ""] = /^([\s\S]*?)\s*Default: ([\s\S]*)\.$/.exec(sentence) ?? [];
    if (text === "") throw new Error(`${name}.${option} does not end with its default`);
    return { name: option, text, fallback };
  });
}

/** The comment of a property in a table: `crash: crash as typeof crash`. */
export function propertyComment(source: string, name: string): string {
  return commentBefore(source, `\n  ${name}: ${name} as`)?.text.replaceAll("\n", " ") ?? "";
}

function parse(comment: string): DocComment {
  const lines = comment
    .trim()
    .split("\n")
    .map((line) => line.trim().replace(/^\* ?/, ""));
  const [text = "", ...tagged] = lines.join("\n").split(/^@/m);
  const tags = tagged.map((one) => {
    const [, name = "", value = ""] = /^(\w+)\s*([\s\S]*)$/.exec(one) ?? [];
    return [name, value.trim().replaceAll("\n", " ")] as const;
  });
  return { text: text.trim(), tags: Object.fromEntries(tags) };
}
