/**
 * The common part of libuv's handles: a handle keeps its process's event loop alive while it is
 * active and referenced, and it closes in the loop's last phase. Node's own library uses these
 * objects in the way it uses the real `HandleWrap`s.
 */
import type { BindingContext } from "./context.ts";

const resourceNames: Record<string, string> = {
  FSEVENTWRAP: "FSEventWrap",
  MESSAGEPORT: "MessagePort",
  PIPESERVERWRAP: "PipeServerWrap",
  PIPEWRAP: "PipeWrap",
  PROCESSWRAP: "ProcessWrap",
  SIGNALWRAP: "SignalWrap",
  STATWATCHER: "StatWatcher",
  TCPSERVERWRAP: "TCPServerWrap",
  TCPWRAP: "TCPSocketWrap",
  TLSWRAP: "TLSWrap",
  UDPWRAP: "UDPWrap",
  WORKER: "Worker",
};

/** Handle types that Node lists from creation to close, active or not. */
const listed = new Set(["PIPESERVERWRAP", "PIPEWRAP", "TCPSERVERWRAP", "TCPWRAP", "UDPWRAP"]);

/** The base of all simulated handles. */
export class Handle {
  protected readonly context: BindingContext;
  #referenced = true;
  #active = false;
  #closing = false;
  readonly #asyncId: number;
  readonly #type: string;

  /** `resource` is the program's object for the handle, if that is another object. */
  constructor(context: BindingContext, type = "HANDLEWRAP", resource?: object) {
    this.context = context;
    this.#type = type;
    this.#asyncId = context.async.register(resource ?? this, type);
    if (listed.has(type)) context.loop.opened.add(this);
  }

  /** Node's name for it in `process.getActiveResourcesInfo`. */
  get resourceName(): string {
    return resourceNames[this.#type] ?? this.#type;
  }

  #retain(): void {
    this.context.loop.handles.add(this);
    this.context.loop.retain();
  }

  #release(): void {
    this.context.loop.handles.delete(this);
    this.context.loop.release();
  }

  /** True once `close` was called. */
  get closing(): boolean {
    return this.#closing;
  }

  ref(): void {
    if (this.#referenced) return;
    this.#referenced = true;
    if (this.#active) this.#retain();
  }

  unref(): void {
    if (!this.#referenced) return;
    this.#referenced = false;
    if (this.#active) this.#release();
  }

  hasRef(): boolean {
    return this.#referenced && !this.#closing;
  }

  getAsyncId(): number {
    return this.#asyncId;
  }

  getProviderType(): number {
    return 0;
  }

  /**
   * Called when the handle has something to wait for (listening, connected, reading). It then keeps
   * the loop alive.
   */
  protected activate(): void {
    if (this.#active || this.#closing) return;
    this.#active = true;
    if (this.#referenced) this.#retain();
  }

  protected deactivate(): void {
    if (!this.#active) return;
    this.#active = false;
    if (this.#referenced) this.#release();
  }

  /** Closes the handle. `callback` runs in a later turn of the loop, with the handle as `this`. */
  close(callback?: () => void): void {
    if (this.#closing) return;
    this.#closing = true;
    this.context.loop.opened.delete(this);
    this.onClose();
    this.deactivate();
    const { loop } = this.context;
    // A closing handle keeps the loop alive until its callback has run, referenced or not.
    loop.retain();
    loop.whenClosing(finishClose, { handle: this, callback });
  }

  /** Releases the handle's resources in the operating system. */
  protected onClose(): void {}

  /** @internal */
  closed(callback: (() => void) | undefined): void {
    this.context.loop.release();
    if (callback) this.context.async.makeCallback(this, callback, []);
  }
}

function finishClose({
  handle,
  callback,
}: {
  handle: Handle;
  callback: (() => void) | undefined;
}): void {
  handle.closed(callback);
}
