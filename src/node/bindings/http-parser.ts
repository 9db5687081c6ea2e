/**
 * `internalBinding('http_parser')`: Node's real parser (llhttp), whose list of connections and whose
 * timeouts count in the host's time. What C++ does to that list on each message is done here.
 */
import { createRequire } from "node:module";
import { quietly, realBinding } from "../lib/natives.ts";
import type { BindingContext } from "./context.ts";

const require = createRequire(import.meta.url);

/** Indices of the parser's callbacks, as in Node's `src/node_http_parser.cc`. */
const ON_MESSAGE_BEGIN = 0;
const ON_HEADERS_COMPLETE = 2;
const ON_MESSAGE_COMPLETE = 4;

type Callback = (this: unknown, ...args: unknown[]) => unknown;

interface RealParser {
  initialize(type: number, resource: object, maxHeaderSize?: number, lenient?: number): void;
  free(): void;
  remove(): void;
  [callback: number]: Callback | undefined;
}

interface RealParserClass {
  new (): RealParser;
  readonly REQUEST: number;
}

/** What the parser knows beyond HTTP's methods, in its order. */
const otherMethods: readonly string[] = [
  ...["PRI", "DESCRIBE", "ANNOUNCE", "SETUP", "PLAY", "PAUSE", "TEARDOWN", "GET_PARAMETER"],
  ...["SET_PARAMETER", "REDIRECT", "RECORD", "FLUSH", "QUERY"],
];

let real: RealParserClass | undefined;
let methods: readonly string[] | undefined;
let allMethods: readonly string[] | undefined;

function realParser(): RealParserClass {
  if (!real) {
    const common = quietly(() => require("node:_http_common")) as {
      HTTPParser: RealParserClass;
      methods: readonly string[];
    };
    real = common.HTTPParser;
    // Where Node does not hand the binding out any longer, the public list has all that is needed.
    const binding = realBinding("http_parser") as
      | { methods: string[]; allMethods: string[] }
      | undefined;
    // `http.METHODS` is sorted; these are in the parser's own order, which it counts them by.
    methods = binding?.methods ?? common.methods;
    allMethods = binding?.allMethods ?? [
      ...common.methods.filter((method) => method !== "QUERY"),
      ...otherMethods,
    ];
  }
  return real;
}

/** Makes the binding of one process. */
export function createHttpParserBinding(context: BindingContext): object {
  const Base = realParser();
  const nowNs = (): number => context.process.readMonotonicNs() + 1;

  class ConnectionsList {
    readonly connections = new Set<HTTPParser>();
    readonly activeConnections = new Set<HTTPParser>();

    all(): HTTPParser[] {
      return sorted(this.connections);
    }

    idle(): HTTPParser[] {
      return sorted(this.connections).filter((parser) => parser.lastMessageStartNs === 0);
    }

    active(): HTTPParser[] {
      return sorted(this.activeConnections);
    }

    expired(headersTimeoutMs: number, requestTimeoutMs: number): HTTPParser[] {
      const now = nowNs();
      const deadline = (ms: number): number => (ms > 0 && now > ms * 1e6 ? now - ms * 1e6 : 0);
      const headersNs = deadline(headersTimeoutMs);
      const requestNs = deadline(requestTimeoutMs);
      const late = sorted(this.activeConnections).filter(
        ({ headersDone, lastMessageStartNs }) =>
          (!headersDone && headersNs > 0 && lastMessageStartNs < headersNs) ||
          (requestNs > 0 && lastMessageStartNs < requestNs),
      );
      for (const parser of late) this.activeConnections.delete(parser);
      return late;
    }
  }

  class HTTPParser extends (Base as new () => RealParser) {
    lastMessageStartNs = 0;
    headersDone = false;
    #list: ConnectionsList | undefined;
    /** What the library set to be called; C++ calls what stands before it. */
    headersCallback: Callback | undefined;
    messageCallback: Callback | undefined;

    get list(): ConnectionsList | undefined {
      return this.#list;
    }

    // Accessors of the class, so that the parsers themselves stay plain and quick.
    get [ON_MESSAGE_BEGIN](): Callback {
      return messageBegin as Callback;
    }

    /** The library clears it between messages; what stands here is ours. */
    set [ON_MESSAGE_BEGIN](_callback: Callback) {}

    get [ON_HEADERS_COMPLETE](): Callback {
      return headersComplete as Callback;
    }

    set [ON_HEADERS_COMPLETE](callback: Callback) {
      this.headersCallback = callback;
    }

    get [ON_MESSAGE_COMPLETE](): Callback {
      return messageComplete as Callback;
    }

    set [ON_MESSAGE_COMPLETE](callback: Callback) {
      this.messageCallback = callback;
    }

    override initialize(
      type: number,
      resource: object,
      maxHeaderSize?: number,
      lenient?: number,
      list?: ConnectionsList,
    ): void {
      super.initialize(type, resource, maxHeaderSize, lenient);
      this.headersDone = false;
      this.lastMessageStartNs = 0;
      this.#list = list;
      if (list) {
        // A connection that never sends anything must time out, too.
        this.lastMessageStartNs = nowNs();
        list.connections.add(this);
        list.activeConnections.add(this);
      }
    }

    override remove(): void {
      this.#list?.connections.delete(this);
      this.#list?.activeConnections.delete(this);
    }

    override free(): void {
      this.remove();
      super.free();
    }

    duration(): number {
      return this.lastMessageStartNs === 0 ? 0 : (nowNs() - this.lastMessageStartNs) / 1e6;
    }

    headersCompleted(): boolean {
      return this.headersDone;
    }

    /** The simulated stream hands its data over in JavaScript: there is nothing to consume. */
    consume(): void {}

    unconsume(): void {}
  }

  function messageBegin(this: HTTPParser): number {
    this.headersDone = false;
    this.lastMessageStartNs = nowNs();
    const { list } = this;
    if (list) {
      list.connections.add(this);
      list.activeConnections.add(this);
    }
    return 0;
  }

  function headersComplete(this: HTTPParser, ...args: unknown[]): unknown {
    this.headersDone = true;
    return this.headersCallback?.(...args);
  }

  function messageComplete(this: HTTPParser): unknown {
    this.lastMessageStartNs = 0;
    this.list?.activeConnections.delete(this);
    return this.messageCallback?.();
  }

  // Least recently begun first, as in C++; those that are idle before all.
  function sorted(parsers: Set<HTTPParser>): HTTPParser[] {
    return [...parsers].sort((a, b) => a.lastMessageStartNs - b.lastMessageStartNs);
  }

  return { HTTPParser, ConnectionsList, methods, allMethods };
}
