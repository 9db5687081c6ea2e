/**
 * Describes in words the state of a host's TCP connections, for the story of an operation that waits
 * forever. It inspects both ends, which no real machine could.
 */
import { formatNs } from "../../base/units.ts";
import { Errno } from "./errno.ts";
import type { HostStack } from "./stack.ts";
import { Phase } from "./tcp/phase.ts";
import type { TcpSocket } from "./tcp/socket.ts";

/** A connection of a host that has ended. */
export interface EndedConnection {
  /** The other host. */
  readonly with: string;
  /** The port that the client connected to. */
  readonly port: number;
  readonly outgoing: boolean;
  readonly atNs: number;
  /** The network's error that ended it, or 0. */
  readonly error: number;
  /** Whether its own process had closed it. */
  readonly closedHere: boolean;
}

/** A connection whose other end a power loss destroyed, and when this end learned of it. */
export interface LostEnd {
  /** The host that lost power. */
  readonly with: string;
  /** When it lost power. */
  readonly lostNs: number;
  /** When this end's connection ended; `undefined` if it still stands. */
  readonly heardNs: number | undefined;
  /** When this end's socket was made: the connection may never have been established. */
  readonly madeNs: number;
  /** The network's error that ended it ("ECONNRESET"), or "" if its own process had closed it. */
  readonly error: string;
}

/** The state of a host's connections. */
export interface ConnectionReport {
  /** One line for each relevant connection, those with problems first. */
  readonly lines: readonly string[];
  /**
   * Whether some connection exists at this end only: the other machine has no record of it and cannot
   * report that.
   */
  readonly halfOpen: boolean;
}

/** The number of ended connections that a host remembers. */
const ENDED_MAX = 64;
/** The number of connections with a lost end that a host remembers: the first ones. */
const LOST_ENDS_MAX = 256;
/** At most this many lines are listed; the rest are only counted. */
const TOLD_MAX = 4;
/** The first port that Linux uses for outgoing connections. */
const EPHEMERAL_FROM = 32_768;

/** Records that a connection of `socket.stack` has ended. */
export function rememberEnd(socket: TcpSocket): void {
  const { stack, remoteStack, unix, orphan, connectionLost, error } = socket;
  if (unix || remoteStack === undefined) return;
  stack.ended.push({
    with: remoteStack.host.name,
    port: servicePort(socket),
    outgoing: isOutgoing(socket),
    atNs: stack.host.kernel.nowNs,
    error: connectionLost ? error : 0,
    closedHere: orphan,
  });
  if (stack.ended.length > ENDED_MAX) stack.ended.shift();
  const lost = lostEndOf(socket, stack.host.kernel.nowNs);
  if (lost && stack.lostEnds.length < LOST_ENDS_MAX) stack.lostEnds.push(lost);
}

/** Whose power loss destroyed the other end of a host's connections, and when the host learned of it. */
export function lostEnds(stack: HostStack): LostEnd[] {
  const open = [...stack.sockets].filter(isConnection);
  return [...stack.lostEnds, ...open.flatMap((socket) => lostEndOf(socket, undefined) ?? [])];
}

function lostEndOf(socket: TcpSocket, heardNs: number | undefined): LostEnd | undefined {
  const { peer, remoteStack, receiver, connectionLost, error, madeNs } = socket;
  if (peer?.lostPower !== true || remoteStack === undefined || receiver.finReceived)
    return undefined;
  return {
    with: remoteStack.host.name,
    lostNs: peer.endedNs,
    heardNs,
    madeNs,
    error: connectionLost ? errorName(error) : "",
  };
}

/** Describes what has happened to a host's connections since `sinceNs`. */
export function describeConnections(stack: HostStack, sinceNs: number): ConnectionReport {
  const open = [...stack.sockets].filter(isConnection);
  const halfOpen = open.filter((socket) => peerIsGone(socket));
  const asking = open.filter(({ phase }) => phase === Phase.connecting);
  const whole = open.filter((socket) => !halfOpen.includes(socket) && !asking.includes(socket));
  const ended = stack.ended.filter(({ atNs }) => atNs >= sinceNs);
  const lines = [
    ...halfOpen.map(tellHalfOpen),
    ...asking.map((socket) => {
      return `${nameOf(socket)}: asked for at ${formatNs(socket.madeNs)}, and not answered`;
    }),
    ...counted(ended.map(tellEnded)),
    ...whole.map(tellWhole),
  ];
  const told = lines.slice(0, TOLD_MAX);
  const more = lines.length - told.length;
  if (more > 0) told.push(`and ${more} more connections, open or ended since`);
  if (told.length === 0) told.push("there is no connection to or from it");
  return { lines: told, halfOpen: halfOpen.length > 0 };
}

function isConnection({ unix, phase, process, remoteStack }: TcpSocket): boolean {
  if (unix || process === undefined || remoteStack === undefined) return false;
  return phase === Phase.connecting || phase === Phase.open || phase === Phase.handshaking;
}

/** Whether the other end is permanently closed and this end will receive nothing more from it. */
function peerIsGone({ phase, peer, receiver }: TcpSocket): boolean {
  return phase === Phase.open && peer?.phase === Phase.dead && !receiver.finReceived;
}

function tellHalfOpen(socket: TcpSocket): string {
  const { peer, remoteStack } = socket;
  const other = remoteStack?.host.name ?? "the other host";
  const when = formatNs(peer?.endedNs ?? 0);
  return peer?.lostPower === true
    ? `${nameOf(socket)}: stands at this end alone; ${other} lost power at ${when}, and knows nothing of it`
    : `${nameOf(socket)}: stands at this end alone; ${other} ended it at ${when}, and that did not arrive`;
}

function tellEnded({ with: other, port, outgoing, atNs, error, closedHere }: EndedConnection) {
  const name = outgoing ? `connection to ${other}:${port}` : `connection from ${other}`;
  const when = `at ${formatNs(atNs)}`;
  if (error !== 0) return { text: `${name}: ended with ${errorName(error)}`, when };
  return { text: closedHere ? `${name}: closed` : `${name}: closed by ${other}`, when };
}

/** Merges equal lines with a count: a client that retries fails in the same way each time. */
function counted(
  items: readonly { readonly text: string; readonly when: string }[],
): readonly string[] {
  const byText = new Map<string, string[]>();
  for (const { text, when } of items) byText.set(text, [...(byText.get(text) ?? []), when]);
  return [...byText].map(([text, whens]) => {
    const last = whens.at(-1) as string;
    return whens.length === 1 ? `${text} ${last}` : `${text}, ${whens.length} times, last ${last}`;
  });
}

function tellWhole(socket: TcpSocket): string {
  const { peer, remoteStack, heardNs, sender } = socket;
  const other = remoteStack?.host.name ?? "the other host";
  const unread = peer?.receiver.inboxBytes ?? 0;
  const facts = [
    `stands at both ends, last word from ${other} at ${formatNs(heardNs)}`,
    ...(sender.recovering ? ["what was sent last has not arrived"] : []),
    ...(unread > 0 ? [`${other} has not read ${unread} bytes of it`] : []),
  ];
  return `${nameOf(socket)}: ${facts.join("; ")}`;
}

function nameOf(socket: TcpSocket): string {
  const other = socket.remoteStack?.host.name ?? socket.remoteAddress;
  return isOutgoing(socket)
    ? `connection to ${other}:${servicePort(socket)}`
    : `connection from ${other}`;
}

function isOutgoing({ localPort, remotePort }: TcpSocket): boolean {
  return localPort >= EPHEMERAL_FROM || remotePort < localPort;
}

function servicePort(socket: TcpSocket): number {
  return isOutgoing(socket) ? socket.remotePort : socket.localPort;
}

/** The name of an error of the network. */
export function errorName(error: number): string {
  return Object.entries(Errno).find(([, number]) => number === error)?.[0] ?? `error ${error}`;
}
