/** The platform's room for files: `node:fs` over the host's disk. */
import { createFsBinding, createFsDirBinding, createFsEventBinding } from "./bindings/fs/index.ts";
import { registerBindings } from "./bindings/index.ts";
import { registerLibraryModules } from "./public-modules.ts";

registerBindings({
  fs: createFsBinding,
  fs_dir: createFsDirBinding,
  fs_event_wrap: createFsEventBinding,
});
registerLibraryModules("fs", "fs/promises");
