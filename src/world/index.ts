/** The public API for describing a world: `lightcone`. */
export { world, type World } from "./builder.ts";
export type {
  BlockProgram,
  Check,
  ClockOptions,
  BuggifyOptions,
  ByzantineOptions,
  CrashAtOptions,
  CrashOptions,
  KillChildOptions,
  RestartOptions,
  UpgradeOptions,
  VersionOptions,
  FaultOptions,
  HostOptions,
  PlacedHostOptions,
  SurvivesOptions,
  ProgramOptions,
  Programs,
  InlineContext,
  InlineProgram,
  LatencyOptions,
  LatencyDistribution,
  LinkOptions,
  LossOptions,
  Probe,
  Program,
  Random,
  RecordOperation,
  RunOptions,
  RunRecord,
  Targets,
  Tolerable,
  WorldBuilder,
} from "./types.ts";
export type { SeenDisk, SeenFault, SeenHost } from "./seen.ts";
export { LightconeError } from "../base/errors.ts";
export type { Duration, DurationRange } from "../base/units.ts";
