/**
 * A flood of requests: many clients more than usual, for a while. What it may leave behind is a metastable failure: the flood is
 * over, and the system does not recover, since its own clients ask again and again for what comes too late. (Bronson et
 * al., "Metastable Failures in Distributed Systems", HotOS 2021.)
 */
import { SECOND } from "../../base/units.ts";
import { logBetween } from "./chance.ts";
import type { FaultKind, FaultOptions, FaultWord } from "./kind.ts";
import { smallerNumbers, withEach } from "./lighter.ts";
import { numbers, text, wholeNumber } from "./options.ts";
import { isWhole } from "./valid.ts";
import { list } from "./words.ts";

/** The host from which a crowd's requests come. */
export const CROWD = "crowd";
const RATE_MAX = 100_000;
const PORT_MAX = 65_535;

/** How much is asked, and what. */
export interface FloodOptions extends FaultOptions {
  /** Requests a second, as minimum and maximum. Each has a connection of its own. Default: `[20, 500]`. */
  readonly rate?: readonly [number, number];
  /** The TCP port that they go to. Default: `80`. */
  readonly port?: number;
  /** What each of them sends, as text. Default: an HTTP request, `GET /`. */
  readonly request?: string;
}

/** The parameters of a flood. */
export type FloodParams = {
  readonly rate: number;
  readonly port: number;
  /** Absent: an HTTP request. */
  readonly request?: string;
};

const kind: FaultKind<FloodParams> = {
  name: "flood",
  matters: {
    count: (host) => host.crowded,
    otherwise: "nobody listened on that port",
  },
  begin(fault, reach) {
    const { rate, port, request } = fault.params;
    for (const host of reach.hosts(fault)) {
      const text = request ?? `GET / HTTP/1.1\r\nHost: ${host.name}\r\nConnection: close\r\n\r\n`;
      reach.crowd(fault, host, { rate, port, request: text });
    }
  },
  lift(fault, reach) {
    reach.dismiss(fault);
  },
  tell: ({ targets, params: { rate, port } }) =>
    `${list(targets)} gets ${rate.toLocaleString("en-US")} requests a second more than usual on port ${port}`,
  tellLift: ({ targets }) => `${list(targets)} gets as many requests as usual`,
  lighter: (fault) => withEach(fault, "rate", smallerNumbers(fault.params.rate, 1)),
  optional: ["request"],
  isValid: ({ rate, port, request }) =>
    typeof rate === "number" &&
    rate >= 1 &&
    rate <= RATE_MAX &&
    isWhole(port) &&
    port <= PORT_MAX &&
    (request === undefined || typeof request === "string"),
};

/**
 * A flood of requests: for a while a host gets many more than usual, from a host called `crowd` that the world gets for it. When it is
 * over, a system should recover. One whose clients ask again for what came too late may not, and stay down by its own
 * retries: a metastable failure, which `eventually` finds in the calm. A slow dependency has the same effect:
 * `w.latency`, `w.slowCpu`, `w.diskSlow`.
 *
 * @cause a sale, a link on a front page, a cache that was emptied, clients that all come back at once.
 */
export const flood: FaultWord<
  FloodOptions,
  {
    rate: readonly [number, number];
    port: number | undefined;
    request: string | undefined;
  }
> = {
  kinds: [kind],
  links: false,
  crowd: true,
  example: { rate: [100, 200], port: 8080 },
  lasts: { minNs: SECOND, maxNs: 10 * SECOND },
  options: { rate: numbers(RATE_MAX, [20, 500]), port: wholeNumber(1), request: text() },
  draw({ targets, options: { rate, port = 80, request }, prng }) {
    const params: FloodParams = {
      rate: Math.max(1, Math.round(logBetween(prng, rate))),
      port,
      ...(request !== undefined && { request }),
    };
    return { kind: kind.name, targets: [prng.pick(targets)], params };
  },
};
