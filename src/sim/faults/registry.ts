/**
 * All faults. Each entry is a word that worlds have (`w.crash(...)`); its comment is the word's documentation.
 * The builder, the drawing, the shrinker, the stories and the format of replay files follow from this table.
 */
import { assert } from "../../base/errors.ts";
import { byzantine } from "./byzantine.ts";
import { clock } from "./clock.ts";
import { crash } from "./crash.ts";
import { crashAt } from "./crash-at.ts";
import type { FaultKind, FaultWord } from "./kind.ts";
import { freedoms } from "./freedoms.ts";
import { killChild } from "./kill-child.ts";
import { leapSecond } from "./leap-second.ts";
import { latency } from "./latency.ts";
import { loss } from "./loss.ts";
import { message } from "./message.ts";
import { partition } from "./partition.ts";
import { pause } from "./pause.ts";
import { bandwidth } from "./bandwidth.ts";
import { buggify } from "./buggify.ts";
import { badWrites } from "./bad-writes.ts";
import { bitRot } from "./bit-rot.ts";
import { diskErrors } from "./disk-error.ts";
import { diskFull } from "./disk-full.ts";
import { diskLies } from "./disk-lies.ts";
import { diskReadOnly } from "./disk-read-only.ts";
import { diskSlow } from "./disk-slow.ts";
import { diskStall } from "./disk-stall.ts";
import { block } from "./block.ts";
import { flood } from "./flood.ts";
import { nfs } from "./nfs.ts";
import { outOfMemory } from "./out-of-memory.ts";
import { die } from "./die.ts";
import { dns } from "./dns.ts";
import { refuse } from "./refuse.ts";
import { replace } from "./replace.ts";
import { restart } from "./restart.ts";
import { reset } from "./reset.ts";
import { scramble } from "./scramble.ts";
import { strikeKind } from "./strike.ts";
import { service } from "./service.ts";
import { shortIo } from "./short-io.ts";
import { upgrade } from "./upgrade.ts";
import { slowClose } from "./slow-close.ts";
import { slowCpu } from "./slow-cpu.ts";

/** The words by name. */
export const faultWords = {
  /** A process dies and loses its memory, or its machine loses power. It starts again afterwards. */
  crash: crash as typeof crash,
  /** A process or its machine crashes exactly before or after a call that changes files, or a step of its program. */
  crashAt: crashAt as typeof crashAt,
  /** A machine dies for good: it does not come back in the calm either. */
  die: die as typeof die,
  /** A machine dies, and another one with an empty disk takes its place. */
  replace: replace as typeof replace,
  /** Programs are told to end (`SIGTERM`), and start again after a while, as in a deployment. */
  restart: restart as typeof restart,
  /** A host's programs are replaced by another version, on the same disk. */
  upgrade: upgrade as typeof upgrade,
  /** A child process of a program is killed, as by the kernel when memory runs out. */
  killChild: killChild as typeof killChild,
  /** The kernel kills a program when memory runs out. Its children, and other programs of the host, live on. */
  outOfMemory: outOfMemory as typeof outOfMemory,
  /** A process stops, as in a long garbage collection. Its sockets stay open. */
  pause: pause as typeof pause,
  /** A wall clock jumps or drifts. */
  clock: clock as typeof clock,
  /** A leap second: a wall clock shows one second twice, or is slowed down until it is a second behind. */
  leapSecond: leapSecond as typeof leapSecond,
  /**
   * Hosts cannot reach each other, in one or both directions: one host is isolated, or the hosts are split
   * in two.
   */
  partition: partition as typeof partition,
  /** A host lies to others: it swallows, changes or repeats what its programs send. */
  byzantine: byzantine as typeof byzantine,
  /** Links become slow. */
  latency: latency as typeof latency,
  /** Links lose segments. */
  loss: loss as typeof loss,
  /** Datagrams arrive twice or out of order, or bytes arrive changed. */
  scramble: scramble as typeof scramble,
  /** Links carry only so many bytes a second. */
  bandwidth: bandwidth as typeof bandwidth,
  /** One message between two hosts is lost, comes late, or (a datagram) arrives twice. */
  message: message as typeof message,
  /** Established connections are reset: both ends learn of it, or only one. */
  reset: reset as typeof reset,
  /** New connections are refused. */
  refuse: refuse as typeof refuse,
  /** The ends of connections come late. */
  slowClose: slowClose as typeof slowClose,
  /** A resolver does not answer, knows no name, or answers with the address of another host. */
  dns: dns as typeof dns,
  /** A host gets many more requests than usual, for a while. */
  flood: flood as typeof flood,
  /** A machine computes slowly: every event takes time. */
  slowCpu: slowCpu as typeof slowCpu,
  /** Programs take rare paths that they offer themselves with `buggify(name)`. */
  buggify: buggify as typeof buggify,
  /** A building block suffers in a way of its own: a Redis evicts keys, or closes its clients' connections. */
  block: block as typeof block,
  /** Node and its system take freedoms that they have: small pieces, short reads, late timers, another order. */
  freedoms: freedoms as typeof freedoms,
  /** A service outside answers with errors, slowly or half, has another schema, or repeats its webhooks. */
  service: service as typeof service,
  /** A disk has no space, or the quota is used up: writes fail with `ENOSPC` or `EDQUOT`. */
  diskFull: diskFull as typeof diskFull,
  /** Reads, writes or syncs of a disk fail with `EIO`. */
  diskErrors: diskErrors as typeof diskErrors,
  /** Every call to a disk takes longer. */
  diskSlow: diskSlow as typeof diskSlow,
  /** A device answers nothing for a while. */
  diskStall: diskStall as typeof diskStall,
  /** A disk reports syncs as done without doing them. It shows after a power loss. */
  diskLies: diskLies as typeof diskLies,
  /** A disk is remounted read-only: changes fail with `EROFS`. */
  diskReadOnly: diskReadOnly as typeof diskReadOnly,
  /** Reads and writes of files handle only part of their bytes. */
  shortIo: shortIo as typeof shortIo,
  /** A device acknowledges writes that it loses, or puts in another place. */
  badWrites: badWrites as typeof badWrites,
  /** A machine and the server of its shared disk lose each other, or what they know of each other. */
  nfs: nfs as typeof nfs,
  /** One bit of a file changes, and nothing reports it. */
  bitRot: bitRot as typeof bitRot,
} as const;

/** The name of a word. */
export type FaultWordName = keyof typeof faultWords;

const words: Readonly<Record<string, FaultWord<object, never>>> = faultWords;

const kinds = new Map<string, FaultKind>(
  [...Object.values(words).flatMap((word) => word.kinds), strikeKind as unknown as FaultKind].map(
    (kind) => [kind.name, kind] as const,
  ),
);

/** The names of all words, in the order of the table. */
export const faultWordNames: readonly string[] = Object.keys(words);

/** The word with a name, or `undefined`. */
export function findFaultWord(name: string): FaultWord<object, never> | undefined {
  return Object.hasOwn(words, name) ? words[name] : undefined;
}

/** The kind with a name, or `undefined`: schedules may come from files. */
export function findFaultKind(name: string): FaultKind | undefined {
  return kinds.get(name);
}

/** The kind of a fault whose kind is known to exist. */
export function faultKind(name: string): FaultKind {
  const kind = kinds.get(name);
  assert(kind, `there is no kind of fault ${name}`);
  return kind;
}
