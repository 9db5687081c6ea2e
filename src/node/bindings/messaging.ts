/**
 * `internalBinding('messaging')`: message ports between threads of one host, and within a thread. A
 * message is cloned when it is posted and arrives in a later turn of the receiver's loop.
 */
import { Kind } from "../../trace/kinds.ts";
import type { BindingContext } from "./context.ts";
import { perIsolateSymbols } from "./core.ts";
import { Handle } from "./handle.ts";

const HOP_NS = 5_000;

const HYBRID_DISPATCH = Symbol.for("nodejs.internal.kHybridDispatch");
const RECEIVING_PORTS = Symbol.for("nodejs.internal.kCurrentlyReceivingPorts");
const onInit = perIsolateSymbols["oninit"] as symbol;
const onClose = perIsolateSymbols["handle_onclose"] as symbol;
const noMessage = perIsolateSymbols["no_message_symbol"] as symbol;

interface Posted {
  readonly message: unknown;
  readonly ports: readonly unknown[];
}

/** What a port needs to know of the port at the other end, whichever process it lives in. */
interface PortEnd {
  receive(posted: Posted): void;
  peerClosed(): void;
}

/** A port that travels inside a message: it is taken out here and put up again where it arrives. */
const portsByClass = new WeakMap<object, { detach(): PortState }>();

/** The part of a port that survives a transfer to another thread. */
class PortState {
  queue: Posted[] = [];
  peer: PortState | undefined;
  end: PortEnd | undefined;
  closed = false;

  post(posted: Posted): void {
    const { peer } = this;
    if (!peer || peer.closed) return;
    peer.queue.push(posted);
    peer.end?.receive(posted);
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.peer?.end?.peerClosed();
  }
}

/** A port on its way to another process. */
class TravellingPort {
  readonly state: PortState;

  constructor(state: PortState) {
    this.state = state;
  }
}

/** Clones a message; ports of its transfer list come out as travelling ports, in order. */
export function cloneMessage(message: unknown, transfer: readonly unknown[]): Posted {
  const ports = transfer.filter((item) => portsByClass.has(item as object));
  const others = transfer.filter((item) => !portsByClass.has(item as object));
  const stand = new Map<unknown, object>();
  const replaced = replacePorts(message, ports, stand);
  const cloned: unknown = structuredClone(replaced, { transfer: others as never[] });
  const travelling = ports.map((port) => {
    const detached = portsByClass.get(port as object)?.detach();
    return new TravellingPort(detached as PortState);
  });
  return { message: cloned, ports: travelling };
}

const PLACE = "lightcone:port:";

/** Ports inside a message become marks that structured cloning leaves alone. */
function replacePorts(
  value: unknown,
  ports: readonly unknown[],
  seen: Map<unknown, object>,
): unknown {
  if (ports.length === 0 || typeof value !== "object" || value === null) return value;
  const index = ports.indexOf(value);
  if (index >= 0) return PLACE + index;
  const known = seen.get(value);
  if (known) return known;
  if (Array.isArray(value)) {
    const copy: unknown[] = [];
    seen.set(value, copy);
    for (const item of value) copy.push(replacePorts(item, ports, seen));
    return copy;
  }
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  const copy: Record<string, unknown> = {};
  seen.set(value, copy);
  for (const [key, item] of Object.entries(value)) copy[key] = replacePorts(item, ports, seen);
  return copy;
}

function restorePorts(value: unknown, ports: readonly unknown[]): unknown {
  if (ports.length === 0) return value;
  if (typeof value === "string" && value.startsWith(PLACE))
    return ports[Number(value.slice(PLACE.length))];
  if (Array.isArray(value)) return value.map((item) => restorePorts(item, ports));
  if (
    typeof value === "object" &&
    value !== null &&
    Object.getPrototypeOf(value) === Object.prototype
  ) {
    const out: Record<string, unknown> = {};
    for (const [key, item] of Object.entries(value)) out[key] = restorePorts(item, ports);
    return out;
  }
  return value;
}

/** Two ends that are joined to each other, to be given to two processes. */
export function createPortPair(): [object, object] {
  const [a, b] = [new PortState(), new PortState()];
  a.peer = b;
  b.peer = a;
  return [new TravellingPort(a), new TravellingPort(b)];
}

/** What keeps the loop alive for a port. Node re-chains a port's own prototype, so it is not the port. */
class PortHandle extends Handle {
  readonly #port: object;
  readonly #onClosed: () => void;

  constructor(context: BindingContext, port: object, onClosed: () => void) {
    super(context, "MESSAGEPORT");
    this.#port = port;
    this.#onClosed = onClosed;
  }

  override activate(): void {
    super.activate();
  }

  override deactivate(): void {
    super.deactivate();
  }

  override closed(callback: (() => void) | undefined): void {
    super.closed(callback);
    const close = (this.#port as Record<symbol, (() => void) | undefined>)[onClose];
    this.#onClosed();
    if (close) this.context.async.makeCallback(this, close.bind(this.#port), []);
  }
}

/** What `emitMessage` of Node's `internal/per_context/messageport` does. */
function dispatch(port: object, ports: readonly unknown[], message: unknown): void {
  const target = port as Record<symbol, unknown>;
  target[RECEIVING_PORTS] = ports;
  try {
    (target[HYBRID_DISPATCH] as (...args: unknown[]) => void)(message, "message", undefined);
  } finally {
    target[RECEIVING_PORTS] = undefined;
  }
}

/** Makes the binding of one process. */
export function createMessagingBinding(context: BindingContext): object {
  const { process } = context;

  class MessagePort implements PortEnd {
    #state: PortState | undefined;
    #started = false;
    #delivering = false;
    readonly #handle: PortHandle;

    constructor() {
      this.#handle = new PortHandle(context, this, () => {
        this.#state = undefined;
      });
      portsByClass.set(this, { detach: () => this.#detach() });
    }

    /** Whether `value` is a port of this process. */
    static is(value: unknown): value is MessagePort {
      return typeof value === "object" && value !== null && #state in value;
    }

    /** Puts up a port that arrived; Node's initializer runs for every port that C++ makes. */
    static adopt(port: unknown): MessagePort {
      const made = new MessagePort();
      const { state } = port as TravellingPort;
      made.#state = state;
      state.end = made;
      (made as unknown as Record<symbol, (() => void) | undefined>)[onInit]?.call(made);
      return made;
    }

    #detach(): PortState {
      const state = this.#state as PortState;
      state.end = undefined;
      this.#state = undefined;
      this.#handle.deactivate();
      return state;
    }

    ref(): void {
      this.#handle.ref();
    }

    unref(): void {
      this.#handle.unref();
    }

    hasRef(): boolean {
      return this.#handle.hasRef();
    }

    postMessage(message: unknown, options?: { transfer?: unknown[] } | unknown[]): void {
      // `process.exit` unwinds the stack: what code on the way still says, nobody hears.
      if (!process.alive) return;
      const transfer = Array.isArray(options) ? options : (options?.transfer ?? []);
      this.#state?.post(cloneMessage(message, transfer));
    }

    start(): void {
      this.#started = true;
      this.#handle.activate();
      this.#deliverLater();
    }

    stop(): void {
      this.#started = false;
      this.#handle.deactivate();
    }

    close(): void {
      if (this.#handle.closing) return;
      this.#state?.close();
      this.#handle.close();
    }

    drain(): void {
      this.#deliver();
    }

    receive(): void {
      this.#deliverLater();
    }

    peerClosed(): void {
      const close = (): void => {
        this.#deliver();
        this.close();
      };
      process.schedule(HOP_NS, Kind.internal, close, undefined);
    }

    /** Takes the next message without waiting for the loop: `receiveMessageOnPort`. */
    take(): { message: unknown } | undefined {
      const posted = this.#state?.queue.shift();
      if (!posted) return undefined;
      const ports = posted.ports.map((port) => MessagePort.adopt(port));
      return { message: restorePorts(posted.message, ports) };
    }

    #deliverLater(): void {
      if (!this.#started || this.#delivering || !this.#state?.queue.length) return;
      this.#delivering = true;
      process.schedule(HOP_NS, Kind.completion, () => this.#deliver(), undefined);
    }

    #deliver(): void {
      this.#delivering = false;
      while (this.#started && this.#state?.queue.length && !this.#handle.closing) {
        const { message, ports: travelling } = this.#state.queue.shift() as Posted;
        const ports = travelling.map((port) => MessagePort.adopt(port));
        const deliver = (): void => dispatch(this, ports, restorePorts(message, ports));
        context.async.makeCallback(this.#handle, deliver, []);
      }
    }
  }

  class MessageChannel {
    readonly port1: MessagePort;
    readonly port2: MessagePort;

    constructor() {
      const [a, b] = createPortPair();
      this.port1 = MessagePort.adopt(a);
      this.port2 = MessagePort.adopt(b);
    }
  }

  // What Node's library will call on a port, whatever it does to the port's prototype.
  const { stop, drain, take } = MessagePort.prototype;
  class JSTransferable {}

  return {
    DOMException,
    MessageChannel,
    MessagePort,
    JSTransferable,
    adoptPort: (port: unknown) => MessagePort.adopt(port),
    structuredClone: (value: unknown, options?: { transfer: [] }) =>
      structuredClone(value, options),
    setDeserializerCreateObjectFunction: () => {},
    setDeserializerCreateFunction: () => {},
    exposeLazyDOMExceptionProperty: () => {},
    stopMessagePort: (port: unknown) => stop.call(port as MessagePort),
    checkMessagePort: (port: unknown) => MessagePort.is(port),
    drainMessagePort: (port: unknown) => drain.call(port as MessagePort),
    moveMessagePortToContext: (port: unknown) => port,
    receiveMessageOnPort: (port: unknown) => {
      const taken = take.call(port as MessagePort);
      return taken ? taken.message : noMessage;
    },
    broadcastChannel: () => {
      throw Object.assign(new Error("BroadcastChannel is not simulated"), {
        code: "LC_NOT_SIMULATED",
      });
    },
  };
}
