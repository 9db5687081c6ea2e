/**
 * The paths that a source names relative to itself, read without running it: `new URL("./x.wasm",
 * import.meta.url)`, `join(__dirname, "commands")`, `${__dirname}/x`, and constants made of such. Only
 * what is made of the file's own place and of literals counts.
 */
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** A path that a source names. */
export interface StaticPath {
  readonly path: string;
  /** Whether the source lists it as a folder: then it may be the very folder that the source lies in. */
  readonly listed: boolean;
  /** Whether something follows that is not known: any file may be meant whose path begins so. */
  readonly open: boolean;
}

/** What an expression is worth: text, and whether it is made of the file's own place. */
interface Value {
  readonly text: string;
  readonly own: boolean;
  /** Whether the text goes on in a way that is not known. */
  readonly open?: boolean;
}

/** Functions whose result is known when their arguments are. Their names may follow `path.` or `url.`. */
const FUNCTIONS: Readonly<Record<string, (values: readonly string[]) => string>> = {
  join: (values) => join(...values),
  resolve: (values) => resolve("/", ...values),
  normalize: (values) => join(...values),
  dirname: ([path = ""]) => dirname(path),
  fileURLToPath: ([url = ""]) => fileURLToPath(url),
  pathToFileURL: ([path = ""]) => pathToFileURL(path).href,
  String: ([text = ""]) => text,
};

/** What modules are called by whose functions paths are made. */
const MODULES = /^_?(?:node)?(?:path|url|posix)\d*$/i;
const LISTING =
  /(?:readdir|readdirSync|opendir|opendirSync|static|serveStatic|glob|globSync)\s*\(\s*$/;
const CONSTANT = /\b(?:const|let|var)\s+([A-Za-z_$][\w$]*)\s*(?::\s*\w+\s*)?=\s*/g;
/** How deep constants are made of constants. */
const ROUNDS = 4;

/** The paths that `source`, the text of the file at `file`, names relative to itself. */
export function staticPaths(file: string, source: string): StaticPath[] {
  const reader = new Reader(file, source);
  for (let round = 0; round < ROUNDS && reader.readConstants(); round++);
  return reader.readPaths();
}

class Reader {
  readonly #source: string;
  readonly #names = new Map<string, Value>();
  #at = 0;

  constructor(file: string, source: string) {
    this.#source = source;
    const own = (text: string): Value => ({ text, own: true });
    const names: Record<string, Value> = {
      __filename: own(file),
      __dirname: own(dirname(file)),
      "import.meta.url": own(pathToFileURL(file).href),
      "import.meta.filename": own(file),
      "import.meta.dirname": own(dirname(file)),
      "path.sep": { text: "/", own: false },
    };
    for (const [name, value] of Object.entries(names)) this.#names.set(name, value);
  }

  /** Learns what constants are worth; says whether it learned anything. */
  readConstants(): boolean {
    let learned = false;
    for (const match of this.#source.matchAll(CONSTANT)) {
      const name = match[1] as string;
      if (this.#names.has(name)) continue;
      const value = this.#expressionAt(match.index + match[0].length);
      // What goes on with an operator or a call is worth something else.
      if (value === undefined || value.open || /^[.([?|&*/-]/.test(this.#rest(1))) continue;
      this.#names.set(name, value);
      learned ||= value.own;
    }
    return learned;
  }

  readPaths(): StaticPath[] {
    const found = new Map<string, StaticPath>();
    const places = /\bnew\s+URL\b|\bimport\s*\.\s*meta\b|[A-Za-z_$][\w$]*|`/g;
    for (let match = places.exec(this.#source); match; match = places.exec(this.#source)) {
      if (!this.#mayBegin(match[0])) continue;
      const value = this.#expressionAt(match.index);
      if (!value?.own) continue;
      places.lastIndex = this.#at;
      const path = pathOf(value);
      if (path === undefined) continue;
      const open = value.open === true;
      const listed = LISTING.test(this.#source.slice(Math.max(0, match.index - 40), match.index));
      const key = `${path}\0${open}`;
      found.set(key, { path, open, listed: listed || found.get(key)?.listed === true });
    }
    return [...found.values()];
  }

  #mayBegin(word: string): boolean {
    if (word === "`" || /\s|\./.test(word)) return true;
    return Object.hasOwn(FUNCTIONS, word) || this.#names.has(word) || MODULES.test(word);
  }

  #rest(length: number): string {
    return this.#source.slice(this.#at, this.#at + length);
  }

  /** The value of the longest expression at `at`, after which `#at` stands. */
  #expressionAt(at: number): Value | undefined {
    this.#at = at;
    return this.#sum();
  }

  #sum(): Value | undefined {
    let value = this.#term();
    while (value !== undefined) {
      const before = this.#at;
      if (!this.#take("+")) return value;
      const next = this.#term();
      if (next === undefined) {
        this.#at = before;
        return { ...value, open: true };
      }
      value = append(value, next);
    }
    return undefined;
  }

  #term(): Value | undefined {
    this.#skip();
    const quote = this.#source[this.#at];
    if (quote === '"' || quote === "'") return this.#literal(quote);
    if (quote === "`") return this.#template();
    if (this.#match(/new\s+URL\s*(?=\()/y)) return this.#suffix(this.#url());
    const word = this.#match(
      /(?:import\s*\.\s*meta\s*\.\s*)?[A-Za-z_$][\w$]*(?:\s*\.\s*[A-Za-z_$][\w$]*)*/y,
    );
    if (word === undefined) return undefined;
    const name = word.replace(/\s+/g, "");
    if (this.#source[this.#at] === "(") {
      const called = name.slice(name.lastIndexOf(".") + 1);
      const make = Object.hasOwn(FUNCTIONS, called) ? FUNCTIONS[called] : undefined;
      const values = make && this.#arguments();
      if (values === undefined || make === undefined) return undefined;
      return this.#suffix(compute(values, make));
    }
    return this.#names.get(name.replace(/\.(?:href|pathname)$/, ""));
  }

  #url(): Value | undefined {
    const values = this.#arguments();
    return values && compute(values, asUrl);
  }

  /** `.pathname`, `.href` and `.toString()` of a URL, which is its text here. */
  #suffix(value: Value | undefined): Value | undefined {
    this.#match(/\s*\.\s*(?:pathname|href|toString\s*\(\s*\))/y);
    return value;
  }

  #arguments(): Value[] | undefined {
    if (!this.#take("(")) return undefined;
    const values: Value[] = [];
    while (!this.#take(")")) {
      const value = this.#sum();
      const ended = value && !value.open && /[,)]/.test(this.#rest(1));
      values.push(ended ? value : { own: false, text: "", ...value, open: true });
      if (!ended) this.#skipUnknown();
      if (!this.#take(",") && this.#rest(1) !== ")") return undefined;
    }
    return values;
  }

  #literal(quote: string): Value | undefined {
    const text = this.#match(quote === '"' ? /"[^"\\\n]*"/y : /'[^'\\\n]*'/y);
    return text === undefined ? undefined : { text: text.slice(1, -1), own: false };
  }

  #template(): Value | undefined {
    this.#at++;
    let value: Value = { text: "", own: false };
    for (;;) {
      const text = this.#match(/[^`$\\]*/y) ?? "";
      value = append(value, { text, own: false });
      if (this.#source[this.#at] === "`") {
        this.#at++;
        return value;
      }
      if (this.#match(/\$\{/y) === undefined) return undefined;
      const inner = this.#sum();
      if (inner && this.#take("}")) {
        value = append(value, inner);
      } else {
        value = { ...append(value, inner ?? { text: "", own: false }), open: true };
        this.#skipUnknown();
        if (!this.#take("}")) return undefined;
      }
    }
  }

  /** Skips to the end of an argument: a comma or a bracket that closes what was open before. */
  #skipUnknown(): void {
    for (let depth = 0; this.#at < this.#source.length; this.#at++) {
      const character = this.#source[this.#at] as string;
      if (depth === 0 && /[,)\]};]/.test(character)) return;
      if (/[([{]/.test(character)) depth++;
      else if (/[)\]}]/.test(character)) depth--;
    }
  }

  #skip(): void {
    this.#match(/(?:\s|\/\*[\s\S]*?\*\/|\/\/[^\n]*\n)*/y);
  }

  #take(text: string): boolean {
    this.#skip();
    if (!this.#source.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    this.#skip();
    return true;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#source)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }
}

/** What is known of `left + right`: nothing more, once the left is open. */
function append(left: Value, right: Value): Value {
  if (left.open) return { ...left, own: left.own || right.own };
  return { text: left.text + right.text, own: left.own || right.own, open: right.open === true };
}

/** What a function makes of its arguments, up to the first that is open. */
function compute(
  values: readonly Value[],
  make: (texts: readonly string[]) => string,
): Value | undefined {
  const end = values.findIndex(({ open }) => open);
  const known = end < 0 ? values : values.slice(0, end + 1);
  const own = values.some((value) => value.own);
  try {
    const text = make((make === asUrl ? values : known).map((value) => value.text));
    if (end < 0) return { text, own };
    // `join(a, b + unknown)` begins with a folder unless something of the last name is known.
    const whole = (values[end] as Value).text === "" && !text.endsWith("/") ? `${text}/` : text;
    return { text: whole, own, open: true };
  } catch {
    return undefined;
  }
}

function asUrl([text = "", base]: readonly string[]): string {
  return new URL(text, base).href;
}

function pathOf({ text, open }: Value): string | undefined {
  try {
    const path = text.startsWith("file:") ? fileURLToPath(text) : text;
    if (!path.startsWith("/") || path.includes("\0")) return undefined;
    return open && path.endsWith("/") ? `${resolve(path)}/` : resolve(path);
  } catch {
    return undefined;
  }
}
