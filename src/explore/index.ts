/** Campaigns, shrinking, replay. */
export { pageOf } from "./page-file.ts";
export {
  explained,
  readTrace,
  recordRun,
  recordTrace,
  type RunFileOptions,
  type RunFiles,
  withMeta,
} from "./trace-file.ts";
export {
  runCampaign,
  type CampaignOptions,
  type CampaignResult,
  type Mismatch,
} from "./campaign.ts";
export {
  type Cause,
  type CauseMoment,
  type CauseOptions,
  findCause,
  type Share,
  type TurningPoint,
} from "./cause.ts";
export { crashPoints, type CrashPoints } from "./crash-points.ts";
export {
  divergenceError,
  findDivergence,
  type DivergedSide,
  type DivergenceReport,
  firstDifference,
  runTwice,
} from "./diverge.ts";
export {
  type Exploration,
  type ExplorationOptions,
  exploreWorld,
  type Finding,
  interrupted,
} from "./exploration.ts";
export {
  type FindingRecord,
  type FindingState,
  foundRecord,
  type KnownFinding,
  readFindings,
  type Rerun,
} from "./findings.ts";
export { requestOf, shrinkFinding } from "./fewer-hosts.ts";
export { engineFlags } from "./engine-flags.ts";
export { RunnerPool, type PoolRequest } from "./pool.ts";
export type { WorldInfo } from "./protocol.ts";
export {
  formatSeed,
  isWithinProject,
  openReplay,
  REPLAY_DIRECTORY,
  replayCommand,
  replayDirectory,
  type Replay,
  runName,
  shellWord,
  readSchedule,
  writeReplay,
} from "./replay-file.ts";
export { CoverageTally } from "../world/coverage.ts";
export { type Review, type Reviewed, reviewCoverage } from "./review.ts";
export { RunnerDied } from "./runner.ts";
export { type SavedReplay, saveReplay, type SavedTrace, saveTrace } from "./saved-files.ts";
export { shrink, type ShrinkOptions, type Shrunk } from "./shrink.ts";
export {
  type Manners,
  sameViolation,
  type ShrinkEnd,
  shrinkRun,
  type ShrunkRun,
  toldShrink,
} from "./shrink-run.ts";
export { packageVersion } from "./version.ts";
export { withDeadline } from "./deadline.ts";
export {
  knownLine,
  renderRun,
  type StoryOptions,
  toldExploration,
  type ToldOptions,
} from "./told.ts";
