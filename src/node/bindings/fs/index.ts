/** `internalBinding('fs')`, `('fs_dir')` and `('fs_event_wrap')` over the host's disk. */
import type { BindingContext } from "../context.ts";
import { Calls, kUsePromises, Request } from "./calls.ts";
import { FileHandle } from "./file-handle.ts";
import { jobClasses } from "./jobs.ts";
import { attributeCalls, nameCalls } from "./naming.ts";
import { fileCalls } from "./reading.ts";
import { createSharedStats, STATS_FIELDS } from "./stats.ts";
import { treeCalls } from "./trees.ts";
import { statWatcherClass } from "./watching.ts";

export { createFsDirBinding } from "./directories.ts";
export { createFsEventBinding } from "./watching.ts";

/** Creates `internalBinding('fs')` for one process. */
export function createFsBinding(context: BindingContext): object {
  const calls = new Calls(context);
  const shared = createSharedStats();
  const { process } = context;
  const prng = process.host.prng.fork(`mkdtemp.${process.pid}.${process.host.kernel.nowNs}`);

  class FSReqCallback extends Request {
    constructor(bigint?: boolean) {
      super(context, bigint === true);
    }
  }

  class ProcessFileHandle extends FileHandle {
    constructor(fd: number, offset?: number, length?: number) {
      super(calls, fd, offset, length);
    }
  }
  Object.defineProperty(ProcessFileHandle, "name", { value: "FileHandle" });

  return checkDescriptors(calls, {
    kUsePromises,
    kFsStatsFieldsNumber: STATS_FIELDS,
    ...shared,
    FSReqCallback,
    FileHandle: ProcessFileHandle,
    StatWatcher: statWatcherClass(calls, shared),
    ...fileCalls(calls, (fd) => new ProcessFileHandle(fd)),
    ...nameCalls(calls, prng),
    ...attributeCalls(calls, shared),
    ...treeCalls(calls),
    ...jobClasses(calls),
  });
}

/** The calls whose first argument is a descriptor. */
const descriptorCalls = (
  "close read readBuffers writeBuffer writeBuffers writeString fsync fdatasync ftruncate fstat " +
  "fchmod fchown futimes"
).split(" ");

/**
 * Checks descriptors before a call begins, as Node does in C++ for calls that its library does not
 * check.
 */
function checkDescriptors(
  calls: Calls,
  binding: Record<string | symbol, unknown>,
): Record<string | symbol, unknown> {
  const { check } = calls;
  for (const name of descriptorCalls) {
    const call = binding[name] as (fd: number, ...rest: unknown[]) => unknown;
    binding[name] = (fd: number, ...rest: unknown[]) => call(check.fd(fd), ...rest);
  }
  return binding;
}
