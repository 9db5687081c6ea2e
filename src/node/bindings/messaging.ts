/**
 * `internalBinding('messaging')`: message ports between threads of one host and within a thread,
 * and broadcast channels that many ports share. A message is cloned when it is posted
 * (`message.ts`) and arrives in a later turn of the receiver's loop.
 */
import type { Host } from "../../sim/host.ts";
import type { Process } from "../../sim/process.ts";
import { Kind } from "../../trace/kinds.ts";
import { cloneReal } from "../real-clone.ts";
import type { Realm } from "../realm-types.ts";
import { withoutView } from "../views/view.ts";
import { hasLibraryFile } from "../lib/natives.ts";
import type { BindingContext } from "./context.ts";
import { perIsolateSymbols } from "./core.ts";
import { Handle } from "./handle.ts";
import {
  JSTransferable,
  type Message,
  pack,
  type PortRules,
  type Receiver,
  unpack,
} from "./message.ts";
import { CallbackScope } from "./stream-base.ts";

const HOP_NS = 5_000;
/**
 * The maximum number of messages in one turn. A program that keeps answering itself must not block
 * the loop.
 */
const MESSAGES_PER_TURN = 1_000;
const MESSAGE_NS = 1_000;

const HYBRID_DISPATCH = Symbol.for("nodejs.internal.kHybridDispatch");
const RECEIVING_PORTS = Symbol.for("nodejs.internal.kCurrentlyReceivingPorts");
const onInit = perIsolateSymbols["oninit"] as symbol;
const onClose = perIsolateSymbols["handle_onclose"] as symbol;
const noMessage = perIsolateSymbols["no_message_symbol"] as symbol;

/** The connected ports: a pair, or all members of a broadcast channel. */
class Group {
  readonly members: Set<PortState> = new Set();
  /** A channel of two ends when one of them closes. */
  readonly isPair: boolean;

  constructor(isPair: boolean) {
    this.isPair = isPair;
  }
}

/** The part of a port that survives a transfer to another thread. */
class PortState {
  readonly group: Group;
  queue: Message[] = [];
  end: Port | undefined;
  closed = false;

  constructor(group: Group) {
    this.group = group;
    group.members.add(this);
  }

  post(message: Message): void {
    for (const other of this.group.members) {
      if (other === this || other.closed) continue;
      // Each member of a broadcast channel gets its own clone.
      const { isPair } = this.group;
      other.queue.push(isPair ? message : { ...message, body: cloneReal(message.body) });
      other.end?.receive();
    }
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.group.members.delete(this);
    if (!this.group.isPair) return;
    for (const other of this.group.members) other.end?.peerClosed();
  }
}

/** A port in transit to another process. */
class Travelling {
  readonly state: PortState;

  constructor(state: PortState) {
    this.state = state;
  }
}

/** Creates two connected ends for two processes. */
export function createPortPair(): [object, object] {
  const group = new Group(true);
  return [new Travelling(new PortState(group)), new Travelling(new PortState(group))];
}

/**
 * The ports of all processes. The key is the program's object, whose prototype chain Node's library
 * changes.
 */
const ports = new WeakMap<object, Port>();

const rules: PortRules = {
  isPort: (value) => ports.has(value),
  isDetached: (port) => ports.get(port)?.isDetached !== false,
  detach: (port) => new Travelling((ports.get(port) as Port).detach()),
};

/** Broadcast channels. Each process of a host has its own, shared by its threads. */
const channels = new WeakMap<Host, Map<string, Group>>();

function channelOf({ process }: BindingContext, name: string): Group {
  let own = channels.get(process.host);
  if (own === undefined) channels.set(process.host, (own = new Map()));
  const key = `${process.pid} ${name}`;
  let group = own.get(key);
  if (group === undefined || group.members.size === 0) own.set(key, (group = new Group(false)));
  return group;
}

/** One end, as its process sees it. */
class Port extends Handle {
  readonly object: object;
  #state: PortState | undefined;
  #started = false;
  #isDue = false;
  #isReferenced = true;
  readonly #wakeup: Wakeup;
  #isLast = false;
  readonly #receiver: Receiver;
  /** The ends that its process holds. */
  readonly #own: Set<PortState>;

  constructor(
    context: BindingContext,
    object: object,
    state: PortState,
    options: { receiver: Receiver; own: Set<PortState>; wakeup: Wakeup },
  ) {
    super(context, "MESSAGEPORT", object);
    this.#own = options.own;
    this.#own.add(state);
    this.#wakeup = options.wakeup;
    this.object = object;
    this.#state = state;
    this.#receiver = options.receiver;
    state.end = this;
  }

  /** True if it was closed or transferred. */
  get isDetached(): boolean {
    return this.#state === undefined || this.closing;
  }

  override ref(): void {
    this.#isReferenced = true;
    super.ref();
  }

  override unref(): void {
    this.#isReferenced = false;
    super.unref();
  }

  /** A port that is closing keeps its referenced state until it is closed. */
  override hasRef(): boolean {
    return this.#isReferenced;
  }

  /** True if the port no longer has a state. */
  get isGone(): boolean {
    return this.#state === undefined;
  }

  detach(): PortState {
    const state = this.#state as PortState;
    state.end = undefined;
    this.#own.delete(state);
    this.#state = undefined;
    super.close();
    return state;
  }

  post(value: unknown, transfer: readonly unknown[]): true | undefined {
    // Cloning must not use the program's changes to arrays and other built-ins.
    return withoutView(() => {
      const state = this.#state;
      const message = pack(rules, value, transfer, this.object);
      if (state === undefined || state.closed) return undefined;
      const ends = message.hosts.map((host) =>
        host.kind === "port" ? host.port.state : undefined,
      );
      if (ends.some((end) => state.group.members.has(end as PortState))) this.#lose(state);
      else state.post(message);
      return true;
    });
  }

  /** The other end was posted through itself, so it is unreachable from now on. */
  #lose(state: PortState): void {
    const { emitWarning } = this.context.require("internal/process/warning") as {
      emitWarning(text: string): void;
    };
    emitWarning("The target port was posted to itself, and the communication channel was lost");
    for (const member of [...state.group.members]) member.closed = true;
    state.group.members.clear();
    this.close();
  }

  start(): void {
    if (this.isDetached) return;
    this.#started = true;
    this.activate();
    this.#deliverLater();
  }

  stop(): void {
    this.#started = false;
  }

  override close(callback?: () => void): void {
    if (this.closing) return;
    if (this.#state) this.#own.delete(this.#state);
    this.#state?.close();
    super.close(callback);
  }

  override closed(callback: (() => void) | undefined): void {
    super.closed(callback);
    const close = (this.object as Record<symbol, (() => void) | undefined>)[onClose];
    this.#state = undefined;
    if (close) this.context.async.makeCallback(this.object, close, []);
  }

  receive(): void {
    this.#deliverLater();
  }

  /** The other end has closed. This one closes once it has no messages left. */
  peerClosed(): void {
    this.#isLast = true;
    const { process } = this.context;
    const close = (): void => {
      this.drain();
      this.#closeIfLast();
    };
    process.schedule(HOP_NS, Kind.internal, close, undefined);
  }

  #closeIfLast(): void {
    if (this.#isLast && !this.#state?.queue.length) this.close();
  }

  /** Takes the next message without waiting for the loop, as `receiveMessageOnPort` does. */
  take(): unknown {
    const message = this.#state?.queue.shift();
    if (message === undefined) return noMessage;
    this.#closeIfLast();
    return unpack(message, this.#receiver).value;
  }

  /** Delivers all waiting messages now. */
  drain(): void {
    while (this.#started && this.#deliverNext());
  }

  #deliverLater(): void {
    if (!this.#started || this.#isDue || !this.#state?.queue.length) return;
    this.#isDue = true;
    this.#wakeup.wake();
  }

  /**
   * @internal The loop's turn: delivers waiting messages, with ticks and microtasks between them.
   */
  turn(): void {
    if (!this.#isDue) return;
    this.#isDue = false;
    let left = Math.max(this.#state?.queue.length ?? 0, MESSAGES_PER_TURN);
    while (this.#started && left-- > 0 && this.#deliverNext());
    // This many messages have to take time. Otherwise, timers would never run.
    if (left < 0) this.context.process.spend(MESSAGES_PER_TURN * MESSAGE_NS);
    this.#deliverLater();
    this.#closeIfLast();
  }

  #deliverNext(): boolean {
    if (!this.context.process.alive) return false;
    const message = this.#state?.queue.shift();
    if (message === undefined) return false;
    this.#wakeup.scope.call(this.object, () => this.#dispatch(message), []);
    return true;
  }

  /** Does what `emitMessage` of Node's `internal/per_context/messageport` does. */
  #dispatch(message: Message): void {
    const target = this.object as Record<symbol, unknown>;
    let type = "message";
    let value: unknown;
    let received: readonly object[] = [];
    try {
      ({ value, ports: received } = unpack(message, this.#receiver));
    } catch (thrown) {
      type = "messageerror";
      value = thrown;
    }
    target[RECEIVING_PORTS] = received;
    try {
      (target[HYBRID_DISPATCH] as (...args: unknown[]) => void)(value, type, undefined);
    } finally {
      target[RECEIVING_PORTS] = undefined;
    }
  }
}

/**
 * Notifies the ports of one process, in the order of their creation, as libuv iterates over its
 * handles.
 */
class Wakeup {
  readonly scope: CallbackScope;
  readonly #process: Process;
  readonly #own: ReadonlySet<PortState>;
  #scheduled = false;

  constructor(realm: Realm, own: ReadonlySet<PortState>) {
    this.scope = new CallbackScope(realm);
    this.#process = realm.context.process;
    this.#own = own;
  }

  wake(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#process.schedule(HOP_NS, Kind.completion, tellPorts, this as Wakeup);
  }

  /** @internal */
  tell(): void {
    this.#scheduled = false;
    this.scope.fromLoop(() => {
      for (const { end } of [...this.#own]) end?.turn();
    });
  }
}

function tellPorts(wakeup: Wakeup): void {
  wakeup.tell();
}

/** Creates the binding of one process. */
export function createMessagingBinding(realm: Realm): object {
  const { context } = realm;
  const { process } = context;
  let create: ((info: string) => object) | undefined;
  const own = new Set<PortState>();
  const wakeup = new Wakeup(realm, own);
  // When a process or thread ends, its ports close.
  process.onEnd.add(() => {
    for (const state of own) state.close();
  });
  /**
   * The program's object for the port that is being created. It is accessed before the port exists.
   */
  let making: object | undefined;

  const receiver: Receiver = {
    adopt: (port) => adopt((port as Travelling).state),
    make: ({ file, name, args }) => {
      const library = context.require(file) as Record<string, new (...given: unknown[]) => object>;
      return new (library[name] as new (...given: unknown[]) => object)(...args);
    },
    create(info) {
      // Node's bootstrap sets this up. Here it is done on first use.
      if (create === undefined) {
        (context.require("internal/worker/js_transferable") as { setup(): void }).setup();
      }
      const [file = ""] = info.split(":");
      if (!hasLibraryFile(file)) throw new Error(`Missing internal module '${file}'`);
      return (create as (info: string) => object)(info);
    },
  };

  function MessagePort(): never {
    const error = new TypeError("Constructor cannot be called");
    throw Object.assign(error, { code: "ERR_CONSTRUCT_CALL_INVALID" });
  }
  const prototype = MessagePort.prototype as object;

  /** Creates a port for a state. Node's initializer runs for every port that C++ creates. */
  function adopt(state: PortState): object {
    const object = Object.create(prototype) as Record<symbol, (() => void) | undefined>;
    making = object;
    const port = new Port(context, object, state, { receiver, own, wakeup });
    making = undefined;
    ports.set(object, port);
    object[onInit]?.call(object);
    return object;
  }

  function portOf(value: unknown): Port {
    const port = ports.get(value as object);
    if (port === undefined) throw new TypeError("Illegal invocation");
    return port;
  }

  function transferOf(options: unknown): readonly unknown[] {
    if (options === undefined || options === null) return [];
    const invalid = (name: string): never => {
      const message = `Optional ${name} argument must be an iterable`;
      throw Object.assign(new TypeError(message), { code: "ERR_INVALID_ARG_TYPE" });
    };
    if (typeof options !== "object") return invalid("transferList");
    const listed = itemsOf(options);
    if (listed !== undefined) return listed;
    const { transfer } = options as { transfer?: unknown };
    if (transfer === undefined) return [];
    return itemsOf(transfer) ?? invalid("options.transfer");
  }

  const methods: Record<string, (this: unknown, ...args: never[]) => unknown> = {
    postMessage(this: unknown, ...args: unknown[]): true | undefined {
      if (args.length === 0) {
        const message = "Not enough arguments to MessagePort.postMessage";
        throw Object.assign(new TypeError(message), { code: "ERR_MISSING_ARGS" });
      }
      // `process.exit` unwinds the stack. What code on the way posts is not delivered.
      if (!process.alive) return undefined;
      const transfer = transferOf(args[1]);
      return portOf(this).post(args[0], transfer);
    },
    start() {
      portOf(this).start();
    },
    close() {
      portOf(this).close();
    },
    ref() {
      portOf(this).ref();
    },
    unref() {
      portOf(this).unref();
    },
    hasRef() {
      if (this === making) return false;
      const port = portOf(this);
      return port.isGone ? undefined : port.hasRef();
    },
  };
  for (const [name, value] of Object.entries(methods)) {
    Object.defineProperty(prototype, name, { value, writable: true, configurable: true });
  }

  function MessageChannel(this: { port1: object; port2: object }): void {
    if (new.target === undefined) {
      const error = new TypeError("Cannot call constructor without `new`");
      throw Object.assign(error, { code: "ERR_CONSTRUCT_CALL_REQUIRED" });
    }
    const group = new Group(true);
    this.port1 = adopt(new PortState(group));
    this.port2 = adopt(new PortState(group));
  }

  return {
    DOMException,
    MessageChannel,
    MessagePort,
    JSTransferable,
    adoptPort: (port: unknown) => adopt((port as Travelling).state),
    structuredClone: (value: unknown, options?: { transfer?: readonly unknown[] }) =>
      unpack(pack(rules, value, options?.transfer ?? []), receiver).value,
    setDeserializerCreateObjectFunction: (made: (info: string) => object) => void (create = made),
    setDeserializerCreateFunction: (made: (info: string) => object) => void (create = made),
    exposeLazyDOMExceptionProperty: () => {},
    stopMessagePort: (port: unknown) => ports.get(port as object)?.stop(),
    checkMessagePort: (port: unknown) => ports.has(port as object),
    drainMessagePort: (port: unknown) => ports.get(port as object)?.drain(),
    moveMessagePortToContext(port: unknown) {
      if (ports.get(port as object)?.isDetached === true) {
        const message = "Cannot send data on closed MessagePort";
        throw Object.assign(new Error(message), { code: "ERR_CLOSED_MESSAGE_PORT" });
      }
      return port;
    },
    receiveMessageOnPort(value: unknown) {
      const port = ports.get(value as object);
      if (port === undefined) {
        const message = 'The "port" argument must be a MessagePort instance';
        throw Object.assign(new TypeError(message), { code: "ERR_INVALID_ARG_TYPE" });
      }
      return port.take();
    },
    broadcastChannel: (name: string) => adopt(new PortState(channelOf(context, name))),
  };
}

/** Returns the items of an iterable, or `undefined` if the value is not iterable. */
function itemsOf(value: unknown): unknown[] | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const begin = (value as Partial<Iterable<unknown>>)[Symbol.iterator];
  if (typeof begin !== "function") return undefined;
  const iterator = begin.call(value) as Partial<Iterator<unknown>>;
  if (typeof iterator?.next !== "function") return undefined;
  const items: unknown[] = [];
  for (;;) {
    const { done, value: item } = iterator.next() as IteratorResult<unknown>;
    if (done === true) return items;
    items.push(item);
  }
}
