/**
 * A host's programs are replaced by another version, as in a rolling upgrade or its rollback: they are told to end
 * (SIGTERM), what has not ended in time is killed, and the other version starts on the same disk. Other hosts still
 * run what they ran, so that versions meet.
 */
import { MS, SECOND } from "../../base/units.ts";
import type { FaultKind, FaultOptions, FaultWord } from "./kind.ts";
import { names } from "./options.ts";
import { endPrograms, startPrograms } from "./restart.ts";
import { theyDo } from "./words.ts";

/** To which versions. `lasts` is the time that programs have to end, after which the other version starts. */
export interface UpgradeOptions extends FaultOptions {
  /**
   * The version, or the versions of which each fault draws one: names of `versions` in the options of the host, or
   * `"first"` for what it starts with. Default: all that its targets have.
   */
  readonly to?: string | readonly string[];
}

/** The parameters of an upgrade. */
export type UpgradeParams = { readonly to: string };

/** What a host starts with. */
export const FIRST_VERSION = "first";

const kind: FaultKind<UpgradeParams> = {
  name: "upgrade",
  keeps: "down",
  harms: () => "away",
  begin(fault, reach) {
    for (const host of reach.hosts(fault)) endPrograms(host, "SIGTERM");
  },
  end(fault, reach) {
    for (const host of reach.hosts(fault)) host.killAll();
  },
  lift(fault, reach) {
    for (const host of reach.hosts(fault)) {
      reach.setVersion(host, fault.params.to);
      startPrograms(host, reach);
    }
  },
  tell: ({ targets, params }) =>
    `${theyDo(targets, "is", "are")} replaced by version ${params.to} (SIGTERM), down`,
  tellLift: ({ targets, params }) =>
    `${theyDo(targets, "starts", "start")} again, version ${params.to}`,
  lighter: () => [],
  isValid: ({ to }) => typeof to === "string",
};

/**
 * A host's programs are replaced by another version: they are told to end (`SIGTERM`), what has not ended after
 * `lasts` is killed, and the other version starts on the same disk. One host at a time, so that versions meet.
 * Without `targets`, all hosts that have [other versions](worlds.md#versions).
 *
 * @cause a rolling upgrade, and its rollback.
 * @lasts the time that programs have to end
 */
export const upgrade: FaultWord<UpgradeOptions, { to: readonly string[] }> = {
  kinds: [kind],
  links: false,
  example: { to: "next", lasts: "1s..3s" },
  lasts: { minNs: 100 * MS, maxNs: 10 * SECOND },
  options: { to: names() },
  versions: ({ to }) => to,
  draw({ targets, options, prng }) {
    const to = prng.pick(options.to.length > 0 ? options.to : [FIRST_VERSION]);
    return { kind: kind.name, targets: [prng.pick(targets)], params: { to } };
  },
};
