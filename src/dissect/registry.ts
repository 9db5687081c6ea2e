/** The protocols that can be dissected. A new one is one file and one line here. */
import type { Dissector } from "./message.ts";
import { amqp } from "./dissectors/amqp.ts";
import { capnp } from "./dissectors/capnp.ts";
import { dns } from "./dissectors/dns.ts";
import { http1 } from "./dissectors/http1.ts";
import { http2 } from "./dissectors/http2.ts";
import { lines } from "./dissectors/lines.ts";
import { mqtt } from "./dissectors/mqtt.ts";
import { postgres } from "./dissectors/postgres.ts";
import { raw } from "./dissectors/raw.ts";
import { resp } from "./dissectors/resp.ts";
import { tls } from "./dissectors/tls.ts";
import { websocket } from "./dissectors/websocket.ts";

/** In the order of preference where several fit equally well. The last fits anything. */
export const dissectors: readonly Dissector[] = [
  resp,
  http1,
  http2,
  amqp,
  postgres,
  mqtt,
  tls,
  dns,
  capnp,
  websocket,
  lines,
  raw,
];
