/** The platform: Node as a program on a simulated host sees it. */
export { authority } from "./authority.ts";
export { codeDigest } from "./program/code-digest.ts";
export { compileProgram, type CompiledProgram, type CompileOptions } from "./program/compile.ts";
export { startProgram, type StartOptions } from "./program/start.ts";
export { mapStack, originalPlace, type SourcePlace } from "./program/source-maps.ts";
export { processesRanForLong } from "./lib/feedback.ts";
export { leaveIfEnded } from "./exited.ts";
export { currentProcess, NodeProcess, type ProcessObserver } from "./node-process.ts";
export { rejectionReason } from "./rejections.ts";
export { missingVariables } from "./environment.ts";
export { simulate } from "./simulate.ts";
export { followPromises, rejectionStacks } from "./rejection-frames.ts";
export { placesHere, stackHere } from "./stack-traces.ts";
export { inUtc } from "./time-zone.ts";
