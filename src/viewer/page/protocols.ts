/**
 * The dissectors, as a script of their own in the page: the viewer works without them, and then shows bytes. They
 * grow with every protocol, while the viewer has a limit for its size.
 */
import { dissectors, TraceDissector } from "../../dissect/index.ts";

/** What the viewer uses of the dissectors. */
export interface Protocols {
  readonly TraceDissector: typeof TraceDissector;
  /** The names of the fields for filters: "redis.cmd". */
  readonly fieldNames: readonly string[];
}

const protocols: Protocols = {
  TraceDissector,
  fieldNames: [...new Set(dissectors.flatMap(({ filters }) => filters))],
};

Object.assign(globalThis, { lightconeProtocols: protocols });
