/** The network part of the platform: the bindings under `net`, `dgram` and `dns`. */
import { createBlockListBinding } from "./block-list.ts";
import { createCaresBinding } from "./cares.ts";
import type { BindingContext } from "./context.ts";
import { createPipeBinding } from "./pipe.ts";
import { createStreamBinding } from "./stream.ts";
import { createTcpBinding } from "./tcp.ts";
import { createUdpBinding } from "./udp.ts";

/** Bindings by their names in `internalBinding`. */
export const networkBindings: Record<string, (context: BindingContext) => object> = {
  stream_wrap: createStreamBinding,
  tcp_wrap: createTcpBinding,
  pipe_wrap: createPipeBinding,
  udp_wrap: createUdpBinding,
  cares_wrap: createCaresBinding,
  block_list: createBlockListBinding,
};
