/**
 * File watchers: `fs.watch` uses the disk's notifications, delivered in order and a moment later,
 * as inotify does. `fs.watchFile` polls.
 */
import * as sim from "../../../sim/disk/index.ts";
import { Kind } from "../../../trace/kinds.ts";
import type { BindingContext } from "../context.ts";
import { Handle } from "../handle.ts";
import { Calls } from "./calls.ts";
import { succeeds } from "./naming.ts";
import { fromBytes, toBytes } from "./paths.ts";
import { fillStats, type NumberArray, type SharedStats, STATS_FIELDS } from "./stats.ts";

/** The time that the kernel and the event loop take to deliver a notification, in nanoseconds. */
const NOTIFY_NS = 20_000;

/** Returns libuv's type of an event: a change of contents or attributes, or of names. */
function eventType(event: sim.WatchEvent): "change" | "rename" {
  return event === "modify" || event === "attribute" ? "change" : "rename";
}

interface Notice {
  readonly event: sim.WatchEvent;
  readonly name: string;
}

/** Creates `internalBinding('fs_event_wrap')`. */
export function createFsEventBinding(context: BindingContext): object {
  const calls = new Calls(context);

  class FSEvent extends Handle implements sim.InodeWatcher {
    declare onchange: ((status: number, type: string, name: unknown) => void) | undefined;
    #stop: (() => void) | undefined;
    #name = "";
    #encoding: unknown;
    #queue: Notice[] = [];

    constructor() {
      super(context);
    }

    get initialized(): boolean {
      return this.#stop !== undefined;
    }

    start(
      path: string | Uint8Array,
      persistent: boolean,
      _recursive: boolean,
      encoding: unknown,
    ): number {
      const bytes = toBytes(path);
      let inode: sim.Inode;
      try {
        inode = sim.find(calls.disk.fs.root, calls.files, bytes);
      } catch (failure) {
        if (failure instanceof sim.SystemError) return -failure.errno;
        throw failure;
      }
      this.#name = bytes.slice(bytes.lastIndexOf("/") + 1);
      this.#encoding = encoding;
      this.#stop = sim.watch(inode, this);
      if (!persistent) this.unref();
      this.activate();
      return 0;
    }

    notify(event: sim.WatchEvent, name: string | undefined): void {
      const notice = { event, name: name ?? this.#name };
      // The kernel merges an event with an equal previous one that has not been read yet.
      const last = this.#queue.at(-1);
      if (last !== undefined && last.event === event && last.name === notice.name) return;
      this.#queue.push(notice);
      if (this.#queue.length > 1) return;
      context.process.schedule(NOTIFY_NS, Kind.internal, deliver, this as FSEvent);
    }

    flush(): void {
      const notices = this.#queue;
      this.#queue = [];
      for (const { event, name } of notices) {
        if (this.closing || this.onchange === undefined) return;
        const shown = fromBytes(name, this.#encoding);
        context.async.makeCallback(this, this.onchange as () => void, [0, eventType(event), shown]);
      }
    }

    protected override onClose(): void {
      this.#stop?.();
      this.#stop = undefined;
      this.#queue = [];
    }
  }

  function deliver(event: FSEvent): void {
    event.flush();
  }

  return { FSEvent };
}

/** Creates the class `StatWatcher` of `internalBinding('fs')`. */
export function statWatcherClass(calls: Calls, shared: SharedStats): typeof Handle {
  const { context, disk, files } = calls;

  class StatWatcher extends Handle {
    declare onchange: ((status: number, stats: NumberArray) => void) | undefined;
    readonly #bigint: boolean;
    #path = "";
    #intervalNs = 0;
    #last: sim.FileStatus | undefined;
    /** Undefined before the first poll, then the poll's result: 0 or a negative error number. */
    #state: number | undefined;

    constructor(bigint: boolean) {
      super(context);
      this.#bigint = bigint;
    }

    start(path: string | Uint8Array, intervalMs: number): number {
      this.#path = toBytes(path);
      this.#intervalNs = Math.max(1, intervalMs) * 1_000_000;
      this.activate();
      this.#lookAfter(disk.clock.delayNs({}, true));
      return 0;
    }

    #lookAfter(delayNs: number): void {
      context.process.schedule(delayNs, Kind.timer, look, this as StatWatcher);
    }

    look(): void {
      if (this.closing) return;
      let status: sim.FileStatus | undefined;
      let result = 0;
      const find = (): void => {
        status = sim.status(sim.target(disk.fs, files, this.#path).inode);
      };
      if (!succeeds(find)) result = this.#failure(find);
      const before = this.#state;
      const changed =
        before === undefined ? result !== 0 : before !== result || !same(this.#last, status);
      const previous = this.#last;
      this.#state = result;
      this.#last = status;
      this.#lookAfter(this.#intervalNs);
      if (changed) this.#tell(result, status, previous);
    }

    #failure(find: () => void): number {
      try {
        find();
      } catch (failure) {
        if (failure instanceof sim.SystemError) return -failure.errno;
        throw failure;
      }
      return 0;
    }

    #tell(
      result: number,
      status: sim.FileStatus | undefined,
      previous: sim.FileStatus | undefined,
    ): void {
      const values = this.#bigint ? shared.bigintStatValues : shared.statValues;
      fillStats(values, status);
      fillStats(values, previous, STATS_FIELDS);
      if (this.onchange === undefined) return;
      context.async.makeCallback(this, this.onchange as () => void, [result, values]);
    }
  }

  function look(watcher: StatWatcher): void {
    watcher.look();
  }

  return StatWatcher as unknown as typeof Handle;
}

function same(a: sim.FileStatus | undefined, b: sim.FileStatus | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  const time = (one: sim.Timestamp, other: sim.Timestamp): boolean =>
    one.seconds === other.seconds && one.nanoseconds === other.nanoseconds;
  return (
    time(a.ctime, b.ctime) &&
    time(a.mtime, b.mtime) &&
    a.size === b.size &&
    a.mode === b.mode &&
    a.uid === b.uid &&
    a.gid === b.gid &&
    a.inode === b.inode &&
    a.device === b.device
  );
}
