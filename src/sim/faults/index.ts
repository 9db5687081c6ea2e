/** Faults: what can go wrong in a run, as data, and what carries it out. */
export { isWithin, type Survival } from "./atlas.ts";
export { type DomainLevel, domainLevels } from "./chance.ts";
export { drawSchedule, type DrawnWord, type DrawnWorld } from "./draw.ts";
export { FaultDriver, type FaultPorts } from "./driver.ts";
export { byStart, endNs, type Fault, type FaultParams, type RangeNs } from "./fault.ts";
export type {
  Domain,
  FaultKind,
  FaultOptions,
  FaultSource,
  LinkEffect,
  OptionsOf,
} from "./kind.ts";
export {
  faultKind,
  type FaultWordName,
  faultWordNames,
  faultWords,
  findFaultKind,
  findFaultWord,
} from "./registry.ts";
export { FIRST_VERSION } from "./upgrade.ts";
export { formatSchedule, parseSchedule } from "./text.ts";
export { describeFault, describeLift } from "./tell.ts";
