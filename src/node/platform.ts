/**
 * The rooms of the platform, put together: which simulated bindings and which modules a process has. A
 * new room registers itself here and nowhere else.
 */
import { createMessagingBinding } from "./bindings/messaging.ts";
import { createZlibBinding } from "./bindings/zlib.ts";
import { registerBindings } from "./bindings/index.ts";
import { createCryptoModule } from "./modules/crypto.ts";
import { registerLibraryModules, registerModule } from "./public-modules.ts";

let ready = false;

/** Registers every room, once. */
export function preparePlatform(): void {
  if (ready) return;
  ready = true;
  registerBindings({ messaging: createMessagingBinding, zlib: createZlibBinding });
  registerLibraryModules("zlib");
  registerModule("crypto", createCryptoModule);
}
