/**
 * Combines the parts of the platform: which simulated bindings and modules a process has. A new
 * part is registered only here.
 */
import { createBlobBinding } from "./bindings/blob.ts";
import { createCredentialsBinding } from "./bindings/credentials.ts";
import { createFsBinding, createFsDirBinding, createFsEventBinding } from "./bindings/fs/index.ts";
import { createIpcSerdesBinding } from "./bindings/ipc-serdes.ts";
import { createLocksBinding } from "./bindings/locks.ts";
import { createMessagingBinding } from "./bindings/messaging.ts";
import { networkBindings } from "./bindings/network.ts";
import { createWebStorageBinding } from "./bindings/webstorage.ts";
import { createZlibBinding } from "./bindings/zlib.ts";
import { createProcessBinding } from "./bindings/process-wrap.ts";
import { createSpawnSyncBinding } from "./bindings/spawn-sync.ts";
import { createWorkerBinding } from "./bindings/worker.ts";
import { registerBindings, registerRealmBindings } from "./bindings/index.ts";
import { createBufferModule } from "./modules/buffer.ts";
import { createV8Module } from "./modules/v8.ts";
import { secureBindings, secureModules } from "./bindings/secure.ts";
import { createVmModule } from "./modules/vm.ts";
import { loaderOf } from "./program/commonjs.ts";
import { createModuleModule } from "./program/module-module.ts";
import { isBuiltin, registerLibraryModules, registerModule } from "./public-modules.ts";

let ready = false;

/** Registers every part, once. */
export function preparePlatform(): void {
  if (ready) return;
  ready = true;
  registerBindings({
    ipc_serdes: createIpcSerdesBinding,
    locks: createLocksBinding,
    zlib: createZlibBinding,
  });
  registerBindings({
    fs: createFsBinding,
    fs_dir: createFsDirBinding,
    fs_event_wrap: createFsEventBinding,
  });
  registerBindings(networkBindings);
  registerRealmBindings(secureBindings);
  registerLibraryModules(...secureModules);
  registerRealmBindings({
    blob: createBlobBinding,
    worker: createWorkerBinding,
    messaging: createMessagingBinding,
    process_wrap: createProcessBinding,
    spawn_sync: createSpawnSyncBinding,
    credentials: createCredentialsBinding,
    webstorage: createWebStorageBinding,
  });
  registerLibraryModules("zlib", "worker_threads", "child_process", "cluster", "fs", "fs/promises");
  registerModule("v8", createV8Module);
  registerModule("buffer", createBufferModule);
  registerModule("vm", createVmModule);
  registerModule("module", createModuleModule);
  if (isBuiltin("node:sqlite")) {
    registerModule("sqlite", (realm) => loaderOf(realm).standIns.load("node:sqlite"));
  }
}
