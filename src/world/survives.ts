/** Reads what a world says that it survives: `w.survives(...)`. */
import type { Domain, Survival } from "../sim/faults/index.ts";
import { bad, onlyOptions, show } from "./refusals.ts";
import type { SurvivesOptions } from "./types.ts";

/** Throws `LC_BAD_WORLD` for options that say nothing that could be kept. */
export function survivalOf(
  hosts: readonly string[],
  options: SurvivesOptions,
  domains: readonly Domain[],
): Survival {
  onlyOptions("w.survives", options, ["lost", "of", "disks"]);
  const { lost = "minority", of = "host", disks = true } = options;
  if (of !== "host" && of !== "rack" && of !== "zone") {
    throw bad(`w.survives: of is ${show(of)}, not "host", "rack" or "zone"`);
  }
  if (typeof disks !== "boolean")
    throw bad(`w.survives: disks is ${show(disks)}, not true or false`);
  const units = of === "host" ? hosts.map((name) => [name]) : unitsOf(hosts, of, domains);
  if (lost !== "minority" && !(Number.isSafeInteger(lost) && lost >= 0)) {
    throw bad(`w.survives: lost is ${show(lost)}, not "minority" or a whole number`);
  }
  const most = lost === "minority" ? Math.floor((units.length - 1) / 2) : lost;
  if (most >= units.length) {
    throw bad(
      `w.survives: ${most} of ${units.length} may be lost, so that nothing need be left`,
      "It says how many may be lost at once: fewer than there are.",
    );
  }
  return { units, lost: most, disks };
}

function unitsOf(
  hosts: readonly string[],
  level: "rack" | "zone",
  domains: readonly Domain[],
): (readonly string[])[] {
  const units = domains
    .filter((domain) => domain.level === level)
    .map((domain) => domain.hosts.filter((name) => hosts.includes(name)))
    .filter(({ length }) => length > 0);
  const homeless = hosts.find((name) => !units.some((unit) => unit.includes(name)));
  if (homeless === undefined) return units;
  throw bad(
    `w.survives: of is ${show(level)}, and ${homeless} stands in no ${level}`,
    `It is an option of hosts: w.host(${show(homeless)}, program, { ${level}: "a" }).`,
  );
}
