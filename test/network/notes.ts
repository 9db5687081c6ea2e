/** What actors note on either arm, in words that can be compared. */

type Note = (...words: unknown[]) => void;

/**
 * Notes lines, without the numbers of ports. An error is told by what programs look at, unless `tellError`
 * knows better.
 */
export function noteIn(lines: string[], tellError: (error: Error) => string = tell): Note {
  const show = (value: unknown): string => {
    if (value instanceof Error) return tellError(value);
    if (Buffer.isBuffer(value)) return value.length > 60 ? `<${value.length}>` : value.toString();
    if (typeof value === "object" && value !== null) return JSON.stringify(value);
    return String(value);
  };
  return (...words) => {
    lines.push(
      words
        .map(show)
        .join(" ")
        .replace(/\b([1-6][0-9]{4}|[1-9][0-9]{3})\b/g, "PORT"),
    );
  };
}

/**
 * The lines in an order that can be compared: each actor's own (a line's first word), one after the other.
 * What happens first at two ends of a connection is the real machine's whim.
 */
export function byActor(lines: readonly string[]): string[] {
  const actors = [...new Set(lines.map((line) => line.split(" ")[0]))].sort();
  return actors.flatMap((actor) => lines.filter((line) => line.split(" ")[0] === actor));
}

function tell(error: Error): string {
  const { name, code, errno, syscall, message } = error as NodeJS.ErrnoException;
  return [name, code, errno, syscall, message].join("|");
}
