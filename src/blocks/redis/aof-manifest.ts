/** The manifest of a multi-part append-only file: the list of its files and their order (aof.c). */

/** One file: its name, its number, and its type: base, increment, or history (no longer needed). */
export interface Part {
  readonly name: string;
  readonly sequence: number;
  readonly type: "b" | "i" | "h";
}

/** Parses a manifest. Throws an `Error` that names the faulty line. */
export function parseManifest(text: string): Part[] {
  const parts: Part[] = [];
  for (const line of text.split("\n")) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const match = /^file ("[^"]*"|\S+) seq ([0-9]+) type ([bhi])/.exec(line);
    if (!match)
      throw new Error(`the append-only file's manifest has a line it should not: ${line}`);
    const name = (match[1] as string).replace(/^"|"$/g, "");
    if (name.includes("/"))
      throw new Error(`the append-only file's manifest names a path: ${name}`);
    parts.push({ name, sequence: Number(match[2]), type: match[3] as Part["type"] });
  }
  if (parts.length === 0) throw new Error("the append-only file's manifest names no file");
  return parts;
}

export function formatManifest(parts: readonly Part[]): string {
  return parts
    .map(({ name, sequence, type }) => {
      const shown = /[\s"]/.test(name) ? `"${name}"` : name;
      return `file ${shown} seq ${sequence} type ${type}\n`;
    })
    .join("");
}
