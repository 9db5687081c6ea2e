/**
 * `internalBinding('messaging')`: message ports between threads of one host, and within a thread. A
 * message is cloned when it is posted and arrives in a later turn of the receiver's loop.
 */
import { Kind } from "../../trace/kinds.ts";
import type { BindingContext } from "./context.ts";
import { Handle } from "./handle.ts";

const HOP_NS = 5_000;

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

/** Makes the binding of one process. `adopt` puts a travelling port up as a port of this process. */
export function createMessagingBinding(context: BindingContext): object {
  const { process } = context;
  const emit = (): ((port: object, ports: unknown[], message: unknown, type: string) => void) => {
    // `emitMessage` of Node's `internal/per_context/messageport` does no more than this.
    const { MessageEvent } = context.require("internal/worker/io");
    return (port, ports, message, type) => {
      const event = new MessageEvent(type, { data: message, ports });
      (port as { dispatchEvent(event: object): void }).dispatchEvent(event);
    };
  };

  class MessagePort extends Handle implements PortEnd {
    #state: PortState | undefined;
    #started = false;
    #delivering = false;

    constructor() {
      super(context, "MESSAGEPORT");
      portsByClass.set(this, this);
    }

    /** @internal */
    adopt(state: PortState): this {
      this.#state = state;
      state.end = this;
      return this;
    }

    /** @internal */
    detach(): PortState {
      const state = this.#state as PortState;
      state.end = undefined;
      this.#state = undefined;
      this.deactivate();
      return state;
    }

    get state(): PortState | undefined {
      return this.#state;
    }

    postMessage(message: unknown, options?: { transfer?: unknown[] } | unknown[]): void {
      const transfer = Array.isArray(options) ? options : (options?.transfer ?? []);
      const posted = cloneMessage(message, transfer);
      this.#state?.post(posted);
    }

    start(): void {
      this.#started = true;
      this.activate();
      this.#deliverLater();
    }

    receive(): void {
      this.#deliverLater();
    }

    drain(): void {
      this.#deliver();
    }

    peerClosed(): void {
      process.schedule(HOP_NS, Kind.internal, () => this.#closeWithPeer(), undefined);
    }

    #closeWithPeer(): void {
      this.#deliver();
      if (!this.closing) this.close();
    }

    /** Takes the next message without waiting for the loop: `receiveMessageOnPort`. */
    take(): { message: unknown } | undefined {
      const posted = this.#state?.queue.shift();
      if (!posted) return undefined;
      const ports = posted.ports.map((port) => adopt(port));
      return { message: restorePorts(posted.message, ports) };
    }

    #deliverLater(): void {
      if (!this.#started || this.#delivering || this.#state?.queue.length === 0) return;
      this.#delivering = true;
      process.schedule(HOP_NS, Kind.completion, () => this.#deliver(), undefined);
    }

    #deliver(): void {
      this.#delivering = false;
      const dispatch = emit();
      while (this.#started && this.#state && this.#state.queue.length > 0 && !this.closing) {
        const { message, ports: travelling } = this.#state.queue.shift() as Posted;
        const ports = travelling.map((port) => adopt(port));
        const deliver = (): void => dispatch(this, ports, restorePorts(message, ports), "message");
        context.async.makeCallback(this, deliver, []);
      }
    }

    protected override onClose(): void {
      this.#state?.close();
    }

    override closed(callback: (() => void) | undefined): void {
      super.closed(callback);
      const port = this as unknown as {
        onclose?: () => void;
        [key: symbol]: (() => void) | undefined;
      };
      const { oninit: _oninit, onclose } = context.require("internal/worker/io");
      const handler = typeof onclose === "symbol" ? port[onclose] : undefined;
      const symbols = Object.getOwnPropertySymbols(Object.getPrototypeOf(this) as object);
      const symbol = symbols.find((name) => name.description === "onclose");
      const close = handler ?? (symbol ? port[symbol] : undefined);
      if (close) context.async.makeCallback(this, close, []);
    }

    stop(): void {
      this.#started = false;
      this.deactivate();
    }
  }

  function adopt(port: unknown): MessagePort {
    const made = new MessagePort().adopt((port as TravellingPort).state);
    // Node runs this initializer for every port that C++ makes.
    const { oninit } = context.require("internal/worker/io");
    const symbols = Object.getOwnPropertySymbols(MessagePort.prototype);
    const symbol =
      typeof oninit === "symbol" ? oninit : symbols.find((name) => name.description === "oninit");
    const init = symbol
      ? (made as unknown as Record<symbol, (() => void) | undefined>)[symbol]
      : undefined;
    init?.call(made);
    return made;
  }

  class MessageChannel {
    readonly port1: MessagePort;
    readonly port2: MessagePort;

    constructor() {
      const [a, b] = createPortPair();
      this.port1 = adopt(a);
      this.port2 = adopt(b);
    }
  }

  class JSTransferable {}

  return {
    DOMException,
    MessageChannel,
    MessagePort,
    JSTransferable,
    adoptPort: adopt,
    structuredClone: (value: unknown, options?: { transfer: [] }) =>
      structuredClone(value, options),
    setDeserializerCreateObjectFunction: () => {},
    setDeserializerCreateFunction: () => {},
    exposeLazyDOMExceptionProperty: () => {},
    stopMessagePort: (port: MessagePort) => port.stop(),
    checkMessagePort: (port: unknown) => port instanceof MessagePort,
    drainMessagePort: (port: MessagePort) => port.drain(),
    moveMessagePortToContext: (port: unknown) => port,
    receiveMessageOnPort: (port: MessagePort) => port.take()?.message,
    broadcastChannel: () => {
      throw Object.assign(new Error("BroadcastChannel is not simulated"), {
        code: "LC_NOT_SIMULATED",
      });
    },
  };
}
