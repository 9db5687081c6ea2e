/** The protocols that can be dissected. A new one is one file and one line here. */
import type { Dissector } from "./message.ts";
import { http1 } from "./dissectors/http1.ts";
import { http2 } from "./dissectors/http2.ts";
import { lines } from "./dissectors/lines.ts";
import { raw } from "./dissectors/raw.ts";
import { resp } from "./dissectors/resp.ts";
import { tls } from "./dissectors/tls.ts";
import { websocket } from "./dissectors/websocket.ts";

/** In the order of preference where several fit equally well. The last fits anything. */
export const dissectors: readonly Dissector[] = [resp, http1, http2, tls, websocket, lines, raw];
