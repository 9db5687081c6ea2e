/**
 * `internalBinding('http_parser')`: Node's real parser (llhttp), but with a list of connections and
 * timeouts in the host's time. C++'s updates of that list on each message are made here. So is its
 * bookkeeping around each call into the program, so that ticks and microtasks run where Node runs
 * them.
 */
import { Buffer } from "node:buffer";
import { createRequire } from "node:module";
import { quietly, realBinding } from "../lib/natives.ts";
import { exited } from "../exited.ts";
import type { Realm } from "../realm-types.ts";
import { type ParentReader, ParentStream, type StreamHandleLike } from "./parent-stream.ts";
import { CallbackScope } from "./stream-base.ts";

const require = createRequire(import.meta.url);

/** Indices of the parser's callbacks, as in Node's `src/node_http_parser.cc`. */
const ON_MESSAGE_BEGIN = 0;
const ON_HEADERS = 1;
const ON_HEADERS_COMPLETE = 2;
const ON_BODY = 3;
const ON_MESSAGE_COMPLETE = 4;
const ON_EXECUTE = 5;

type Callback = (this: unknown, ...args: unknown[]) => unknown;

interface RealParser {
  initialize(type: number, resource: object, ...limits: unknown[]): void;
  execute(bytes: Uint8Array, ...range: number[]): unknown;
  finish(): unknown;
  free(): void;
  close(): void;
  remove(): void;
  [callback: number]: Callback | undefined;
}

interface RealParserClass {
  new (): RealParser;
  readonly REQUEST: number;
  readonly RESPONSE: number;
}

/** The methods that the parser knows beyond HTTP's, in its order. */
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
    // If Node no longer exposes the binding, the public list is sufficient.
    const binding = realBinding("http_parser") as
      | { methods: string[]; allMethods: string[] }
      | undefined;
    // `http.METHODS` is sorted. This list is in the parser's own order, whose indices it uses.
    methods = binding?.methods ?? common.methods;
    allMethods = binding?.allMethods ?? [
      ...common.methods.filter((method) => method !== "QUERY"),
      ...otherMethods,
    ];
  }
  return real;
}

/** Ends a run of the parser after its callback threw. The exception has already been reported. */
const stopped = Object.freeze({ stopped: true });

/** The parsers of this run. Native code keeps each, and with it its whole process, until it is closed. */
const open = new Set<RealParser>();

/** Closes all parsers of a run that has ended. */
export function closeParsers(): void {
  for (const parser of open) parser.close();
}

/** Creates the binding of one process. */
export function createHttpParserBinding(realm: Realm): object {
  const Base = realParser();
  const { context } = realm;
  const nowNs = (): number => context.process.readMonotonicNs() + 1;

  /**
   * Node's native code aborts the process on such a call. Here the simulated process is aborted.
   */
  function ensure(holds: boolean, what: string): void {
    if (holds) return;
    realm.process._rawDebug(`Assertion failed: ${what}`);
    realm.process.abort();
    throw exited;
  }

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

  class HTTPParser extends (Base as new () => RealParser) implements ParentReader {
    lastMessageStartNs = 0;
    headersDone = false;
    #list: ConnectionsList | undefined;
    /** The resource for async hooks: the library sets one for each message or each connection. */
    #resource: object = this;
    #initialized = false;
    #executing = false;
    /** The stream that the parser reads itself, without the library. */
    #parent: ParentStream | undefined;
    /** Set while bytes of that stream are parsed. */
    #scope: CallbackScope | undefined;
    #current: Buffer | undefined;
    // The callbacks that the library has set. C++ calls a wrapper around them.
    headersCallback: Callback | undefined;
    messageCallback: Callback | undefined;
    flushCallback: Callback | undefined;
    bodyCallback: Callback | undefined;

    constructor() {
      super();
      open.add(this);
    }

    override close(): void {
      open.delete(this);
      super.close();
    }

    get list(): ConnectionsList | undefined {
      return this.#list;
    }

    // The class has accessors, so that the parser objects themselves stay plain and fast. Native
    // code reads its callbacks while it parses; all other readers get the value that was set.
    get [ON_MESSAGE_BEGIN](): Callback {
      return messageBegin as Callback;
    }

    /** The library clears the callback between messages. The accessor has to stay in place. */
    set [ON_MESSAGE_BEGIN](_callback: Callback) {}

    get [ON_HEADERS](): Callback | undefined {
      return this.#executing ? (flush as Callback) : this.flushCallback;
    }

    set [ON_HEADERS](callback: Callback) {
      this.flushCallback = callback;
    }

    get [ON_HEADERS_COMPLETE](): Callback | undefined {
      return this.#executing ? (headersComplete as Callback) : this.headersCallback;
    }

    set [ON_HEADERS_COMPLETE](callback: Callback) {
      this.headersCallback = callback;
    }

    get [ON_BODY](): Callback | undefined {
      return this.#executing ? (body as Callback) : this.bodyCallback;
    }

    set [ON_BODY](callback: Callback) {
      this.bodyCallback = callback;
    }

    get [ON_MESSAGE_COMPLETE](): Callback | undefined {
      return this.#executing ? (messageComplete as Callback) : this.messageCallback;
    }

    set [ON_MESSAGE_COMPLETE](callback: Callback) {
      this.messageCallback = callback;
    }

    override initialize(type: number, resource: object, ...given: unknown[]): void {
      const [maxHeaderSize, lenient, list] = given;
      ensure(Number.isInteger(type), "args[0]->IsInt32()");
      ensure(typeof resource === "object" && resource !== null, "args[1]->IsObject()");
      ensure(given.length < 1 || typeof maxHeaderSize === "number", "args[2]->IsNumber()");
      ensure(given.length < 2 || Number.isInteger(lenient), "args[3]->IsInt32()");
      ensure(
        type === realParser().REQUEST || type === realParser().RESPONSE,
        "type == HTTP_REQUEST || type == HTTP_RESPONSE",
      );
      ensure(list === undefined || list === null || list instanceof ConnectionsList, "list");
      super.initialize(type, resource, ...given.slice(0, 2));
      this.#initialized = true;
      this.#resource = resource;
      context.async.register(resource, resource.constructor?.name ?? "HTTPINCOMINGMESSAGE");
      this.headersDone = false;
      this.lastMessageStartNs = 0;
      this.#list = (list ?? undefined) as ConnectionsList | undefined;
      if (this.#list) {
        // A connection that never sends anything must time out, too.
        this.lastMessageStartNs = nowNs();
        this.#list.connections.add(this);
        this.#list.activeConnections.add(this);
      }
    }

    override execute(bytes: Uint8Array, ...range: number[]): unknown {
      ensure(ArrayBuffer.isView(bytes), "buf->IsSharedArrayBuffer()");
      ensure(this.#initialized, "the parser is initialized");
      return this.#run(() => super.execute(bytes, ...range));
    }

    override finish(): unknown {
      ensure(this.#initialized, "the parser is initialized");
      return this.#run(() => super.finish());
    }

    #run(parse: () => unknown): unknown {
      const outer = this.#executing;
      this.#executing = true;
      try {
        return parse();
      } finally {
        this.#executing = outer;
      }
    }

    /** Calls the program, followed by ticks (`MakeCallback`) or not. */
    call(callback: Callback | undefined, args: unknown[], ticks: boolean): unknown {
      if (typeof callback !== "function") return undefined;
      const scope = this.#scope;
      const outer = this.#executing;
      // The program may read its callbacks or parse more data.
      this.#executing = false;
      try {
        const call = (): unknown => Reflect.apply(callback, this, args);
        if (!scope) return context.async.makeCallback(this.#resource, call, []);
        const result = ticks
          ? scope.call(this.#resource, call, [])
          : scope.callAlone(this.#resource, call, []);
        if (scope.failed || !context.process.alive) throw stopped;
        return result;
      } finally {
        this.#executing = outer;
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

    /** From now on, the stream's data is parsed at once, without the library. */
    consume(handle: StreamHandleLike): void {
      ensure(typeof handle?.readStart === "function", "(stream) != nullptr");
      this.#parent?.release();
      this.#parent = new ParentStream(realm, scope, handle);
      this.#parent.consume(this);
    }

    unconsume(): void {
      this.#parent?.release();
      this.#parent = undefined;
    }

    onParentRead(count: number, bytes: Uint8Array | undefined): void {
      if (count < 0) {
        this.#parent?.passToPrevious(count);
        return;
      }
      if (count === 0 || !bytes) return;
      const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      let result: unknown;
      this.#scope = scope;
      try {
        result = this.#run(() => super.execute(buffer));
      } catch (thrown) {
        if (thrown === stopped) return;
        throw thrown;
      } finally {
        this.#scope = undefined;
      }
      if (!context.process.alive) return;
      this.#current = buffer;
      const onExecute = this[ON_EXECUTE];
      scope.call(this.#resource, onExecute && ((got: unknown) => onExecute.call(this, got)), [
        result,
      ]);
      this.#current = undefined;
    }

    getCurrentBuffer(): Buffer {
      return Buffer.from(this.#current ?? []);
    }
  }

  const scope = new CallbackScope(realm);

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

  function flush(this: HTTPParser, ...args: unknown[]): unknown {
    return this.call(this.flushCallback, args, true);
  }

  function headersComplete(this: HTTPParser, ...args: unknown[]): unknown {
    this.headersDone = true;
    return this.call(this.headersCallback, args, false);
  }

  function body(this: HTTPParser, ...args: unknown[]): unknown {
    return this.call(this.bodyCallback, args, true);
  }

  function messageComplete(this: HTTPParser): unknown {
    this.lastMessageStartNs = 0;
    this.list?.activeConnections.delete(this);
    return this.call(this.messageCallback, [], false);
  }

  // Sorted by the start of the last message, oldest first, as in C++. Idle parsers come first.
  function sorted(parsers: Set<HTTPParser>): HTTPParser[] {
    return [...parsers].sort((a, b) => a.lastMessageStartNs - b.lastMessageStartNs);
  }

  // Programs get these lists: each process has its own.
  return {
    HTTPParser,
    ConnectionsList,
    methods: methods && [...methods],
    allMethods: allMethods && [...allMethods],
  };
}
