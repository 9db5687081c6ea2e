/**
 * A service outside lets its users down: it answers with 429 or 503, slowly, or with half of a body; what it says has another shape,
 * its certificate has expired, its webhooks come twice or in another order.
 */
import { type DurationRange, formatNs, MS, SECOND } from "../../base/units.ts";
import { type ServiceWay, serviceWays } from "../service-troubles.ts";
import { drawShare, grain, logUniform } from "./chance.ts";
import type { RangeNs } from "./fault.ts";
import type { FaultKind, FaultOptions, FaultWord } from "./kind.ts";
import { rarer, smallerNs, withEach } from "./lighter.ts";
import { duration, flag, numbers, oneOf } from "./options.ts";
import { isShare, isWhole } from "./valid.ts";
import { list, percent } from "./words.ts";

/** How a service lets its users down. */
export interface ServiceOptions extends FaultOptions {
  /**
   * `unavailable`: it answers 503. `limited`: 429. `slow`: an answer takes `by`. `half`: the connection is cut within the body.
   * `schema`: a field of its JSON is gone, has another name or another type. `certificate`: it has expired.
   * `duplicate`: webhooks are delivered twice. `reorder`: some come later than those after them. Default: drawn.
   */
  readonly how?: ServiceWay;
  /** The share of requests, connections or webhooks that it concerns, from and to. Default: `[0.1, 1]`. */
  readonly probability?: readonly [number, number];
  /** `slow` and `reorder`: how long it takes. Default: `100ms..30s`. */
  readonly by?: DurationRange;
  /** `unavailable` and `limited`: whether it says when to try again (`Retry-After`). Default: drawn. */
  readonly retryAfter?: boolean;
}

/** The parameters of such a fault. */
export type ServiceParams = {
  readonly how: ServiceWay;
  readonly probability: number;
  readonly byNs: number;
  readonly draw: number;
  readonly retryAfterS?: number;
};

const kind: FaultKind<ServiceParams> = {
  name: "service",
  matters: {
    count: (host) => host.service?.struck ?? 0,
    otherwise: "nobody asked the service meanwhile",
  },
  onHost({ params }, effect) {
    const { retryAfterS, ...rest } = params;
    effect.service.push({ ...rest, retryAfterS });
  },
  tell({ targets, params: { how, probability, byNs, retryAfterS } }) {
    const share = percent(probability);
    const again = retryAfterS === undefined ? "" : `, Retry-After ${retryAfterS}`;
    const what: Readonly<Record<ServiceWay, string>> = {
      unavailable: `answers ${share} of requests with 503${again}`,
      limited: `answers ${share} of requests with 429${again}`,
      slow: `takes ${formatNs(byNs)} for ${share} of its answers`,
      half: `cuts ${share} of its answers in half`,
      schema: `has another schema in ${share} of its answers`,
      certificate: `shows an expired certificate to ${share} of its clients`,
      duplicate: `delivers ${share} of its webhooks twice`,
      reorder: `delivers ${share} of its webhooks ${formatNs(byNs)} late`,
    };
    return `${list(targets)} ${what[how]}`;
  },
  tellLift: ({ targets }) => `${list(targets)} is well again`,
  lighter: (fault) => [...withEach(fault, "byNs", smallerNs(fault.params.byNs)), ...rarer(fault)],
  optional: ["retryAfterS"],
  isValid: ({ how, probability, byNs, draw, retryAfterS }) =>
    serviceWays.includes(how as ServiceWay) &&
    isShare(probability) &&
    isWhole(byNs) &&
    isWhole(draw) &&
    (retryAfterS === undefined || isWhole(retryAfterS)),
};

/**
 * A service outside ([`w.outside`](worlds.md#woutside)) lets its users down. Without `targets`, any of those services.
 *
 * @cause an outage of somebody else, a quota that is used up, a deployment over there, a certificate that nobody renewed.
 */
export const service: FaultWord<
  ServiceOptions,
  {
    how: ServiceWay | undefined;
    probability: readonly [number, number];
    by: RangeNs;
    retryAfter: boolean | undefined;
  }
> = {
  kinds: [kind],
  links: false,
  outside: true,
  example: { how: "limited", probability: [0.5, 1] },
  lasts: { minNs: SECOND, maxNs: 20 * SECOND },
  options: {
    how: oneOf(...serviceWays),
    probability: numbers(1, [0.1, 1]),
    by: duration({ minNs: 100 * MS, maxNs: 30 * SECOND }),
    retryAfter: flag(),
  },
  draw({ targets, options, prng }) {
    const how = options.how ?? prng.pick(serviceWays);
    const says = prng.chance(0.5);
    const seconds = prng.between(1, 10);
    const isRefusal = how === "unavailable" || how === "limited";
    const params: ServiceParams = {
      how,
      probability: drawShare(prng, options.probability, 2),
      byNs: how === "slow" || how === "reorder" ? grain(logUniform(prng, options.by)) : 0,
      draw: prng.below(1_000),
      ...(isRefusal && (options.retryAfter ?? says) && { retryAfterS: seconds }),
    };
    return { kind: kind.name, targets: [prng.pick(targets)], params };
  },
};
