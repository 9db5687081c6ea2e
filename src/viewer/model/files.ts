/**
 * What the disks held at a moment, from the recorded writes and syncs: for each file, what was written and what would
 * have survived a power loss for certain.
 */
import type { DiskDetail, PowerDetail } from "../../trace/details.ts";
import { Kind } from "../../trace/kinds.ts";
import { detailOf } from "./rows.ts";
import type { Run } from "./run.ts";

/** A file at a moment. */
export interface FileState {
  readonly host: string;
  readonly path: string;
  /** The end of what was written, in bytes, as far as it is on record. */
  readonly size: number;
  /** Bytes written since its last sync. */
  readonly unsynced: number;
  /** Whether its name (created, renamed, removed) was not synced with its folder yet. */
  readonly nameUnsynced: boolean;
  /** Whether a sync reported success and did nothing. */
  readonly liedTo: boolean;
  /** The last event about it. */
  readonly event: number;
  readonly removed: boolean;
}

type Draft = { -readonly [Key in keyof FileState]: FileState[Key] };

/** The files of all hosts after event `id`, hosts in order, files in the order of their first event. */
export function filesAt({ trace, lanes }: Run, id: number): FileState[] {
  const files = new Map<string, Draft>();
  for (let row = 0; row < Math.min(id, trace.length); row++) {
    const kind = trace.kind[row];
    if (kind !== Kind.disk && kind !== Kind.power) continue;
    const host = trace.hosts[trace.host[row] as number] as string;
    if (kind === Kind.power) {
      if (!((detailOf(trace, row) ?? {}) as PowerDetail).on) losePower(files, host);
      continue;
    }
    apply(files, host, (detailOf(trace, row) ?? {}) as DiskDetail, row + 1);
  }
  const order = new Map(lanes.map(({ name }, index) => [name, index]));
  return [...files.values()].sort((a, b) => (order.get(a.host) ?? 0) - (order.get(b.host) ?? 0));
}

function apply(files: Map<string, Draft>, host: string, detail: DiskDetail, event: number): void {
  const { operation, path } = detail;
  const file = files.get(`${host} ${path}`);
  const touched = (): Draft => {
    if (file) {
      file.event = event;
      return file;
    }
    const made: Draft = {
      host,
      path,
      size: 0,
      unsynced: 0,
      nameUnsynced: false,
      liedTo: false,
      event,
      removed: false,
    };
    files.set(`${host} ${path}`, made);
    return made;
  };
  switch (operation) {
    case "write": {
      const { bytes = 0, offset = 0 } = detail;
      const draft = touched();
      draft.size = Math.max(draft.size, offset + bytes);
      draft.unsynced += bytes;
      break;
    }
    case "create": {
      const draft = touched();
      draft.removed = false;
      draft.nameUnsynced = true;
      break;
    }
    case "remove": {
      const draft = touched();
      draft.removed = true;
      draft.nameUnsynced = true;
      break;
    }
    case "rename": {
      const { from = "" } = detail;
      const moved = files.get(`${host} ${from}`);
      files.delete(`${host} ${from}`);
      const draft = moved ?? touched();
      files.set(`${host} ${path}`, { ...draft, path, event, nameUnsynced: true });
      break;
    }
    case "sync": {
      const draft = touched();
      draft.unsynced = 0;
      draft.liedTo = false;
      // The sync of a folder makes the names in it durable.
      for (const other of files.values()) {
        if (other.host === host && folderOf(other.path) === path) other.nameUnsynced = false;
      }
      break;
    }
    case "lost sync":
      touched().liedTo = true;
      break;
    case "failed sync":
      touched();
      break;
  }
}

const folders = new WeakMap<Run, ReadonlySet<string>>();

/** The folders of the files that a run is known to have touched, on whichever host. */
export function foldersOf(run: Run): ReadonlySet<string> {
  let found = folders.get(run);
  if (!found) {
    const paths = new Set<string>();
    run.trace.kind.forEach((kind, row) => {
      if (kind === Kind.disk) paths.add(folderOf((detailOf(run.trace, row) as DiskDetail).path));
    });
    folders.set(run, (found = paths));
  }
  return found;
}

/** What was not synced is not counted any more: what of it is left, the trace does not say. */
function losePower(files: Map<string, Draft>, host: string): void {
  for (const file of files.values()) {
    if (file.host !== host) continue;
    file.size = Math.max(0, file.size - file.unsynced);
    file.unsynced = 0;
    file.nameUnsynced = false;
  }
}

function folderOf(path: string): string {
  const at = path.lastIndexOf("/");
  return at <= 0 ? "/" : path.slice(0, at);
}
