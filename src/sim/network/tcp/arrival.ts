/**
 * How segments reach the other end, or do not: the link may be blocked by then, the machine gone. Every
 * transmission that is not known to its sender to have come to anything (it was lost, or what answered
 * it was) ends in `Sender.lost`, so that the sender's timer sees to it.
 */
import { Kind } from "../../kernel.ts";
import { Errno } from "../errno.ts";
import { LOST } from "../link.ts";
import type { HostStack } from "../stack.ts";
import { HEADER_BYTES } from "./constants.ts";
import { Phase } from "./phase.ts";
import type { Segment } from "./segment.ts";
import { Flag, markDrop, markSend } from "./segment.ts";
import type { TcpSocket } from "./socket.ts";

/** A segment of the stream reaches the other host, or not. */
export function arrive(segment: Segment): void {
  const { from, to } = segment;
  if (from.sender.out.blocked) from.sender.lost(segment, "blocked");
  else if (!to.stack.up) from.sender.lost(segment, "host is down");
  else {
    segment.flying = false;
    to.receiver.receive(segment);
  }
}

/** An acknowledgement that the sender waits for reaches it, or not. */
export function arriveAck(segment: Segment): void {
  const { sender } = segment.from;
  if (segment.to.sender.out.blocked) sender.lost(segment, undefined);
  else sender.acknowledged(segment.answer);
}

/** A segment without data on its way: what it does where it arrives, and what if it does not. */
interface Control {
  readonly from: TcpSocket;
  readonly flag: number;
  readonly arrives: () => void;
  readonly lost: (() => void) | undefined;
}

/**
 * Sends a segment without data, in the order of what was sent before. `arrives` is called at the other
 * host when it gets there, `lost` once it is known not to. Gives the time of its arrival, or -1.
 */
export function sendControl(
  from: TcpSocket,
  flag: number,
  arrives: () => void,
  lost?: () => void,
): number {
  const { kernel } = from.stack.host;
  const { sender } = from;
  const { out } = sender;
  const sent = markSend(from, flag, 0, undefined);
  const passes = !out.blocked && (!out.lossy || out.passing(1) === 1);
  const transitNs = passes ? out.transitNs(HEADER_BYTES) : LOST;
  if (transitNs === LOST) {
    markDrop(from, flag, undefined, out.blocked ? "blocked" : "lost");
    lost?.();
    return -1;
  }
  const arrivalNs = Math.max(kernel.nowNs + transitNs, sender.lastArrivalNs);
  const outer = kernel.currentEvent;
  kernel.currentEvent = sent;
  const control: Control = { from, flag, arrives, lost };
  const target = (from.remoteStack as HostStack).host.id;
  kernel.scheduleAt(arrivalNs, target, Kind.receive, arriveControl, control);
  kernel.currentEvent = outer;
  return arrivalNs;
}

function arriveControl({ from, flag, arrives, lost }: Control): void {
  const down = from.remoteStack?.up !== true;
  if (!from.sender.out.blocked && !down) {
    arrives();
    return;
  }
  markDrop(from, flag, undefined, down ? "host is down" : "blocked");
  lost?.();
}

/**
 * Sends RST to the other end: `seq` is where it stands in the stream, the end of what was sent if nothing
 * is said. Nobody sends it again by himself: where it answers a segment, `lost` has to see to it that this
 * one is sent again, and answered again.
 */
export function sendReset(
  from: TcpSocket,
  seq: number = from.sender.sentSeq,
  lost?: () => void,
): void {
  const to = from.peer;
  if (to === undefined) return;
  const arrivalNs = sendControl(
    from,
    Flag.rst,
    () => arriveReset(from, to, seq),
    () => {
      lost?.();
      if (to.readableBytes > 0) to.receiver.tellReadable();
    },
  );
  if (arrivalNs >= 0) {
    from.sender.lastArrivalNs = arrivalNs;
    to.resetArrivesNs = arrivalNs;
  }
}

/** Something arrived for a connection that is not there any more. */
export function answerReset(segment: Segment): void {
  sendReset(segment.to, segment.ack, () => segment.from.sender.lost(segment, undefined));
}

function arriveReset(from: TcpSocket, to: TcpSocket, seq: number): void {
  const { receiver, sender } = to;
  if (to.phase === Phase.connecting) {
    to.fail(Errno.ECONNREFUSED);
  } else if (to.phase === Phase.open && receiver.nextSeq < seq) {
    // What was sent before it is lost: it might be anybody's, so its sender is asked (RFC 5961).
    sendControl(to, Flag.ack, () => sendReset(from, receiver.nextSeq));
  } else {
    // A socket that has seen the other end's FIN, and sent none, learns of a reset as of a broken pipe.
    const closeWait = receiver.finReceived && !sender.finSent && !to.unix;
    to.fail(closeWait ? Errno.EPIPE : Errno.ECONNRESET);
  }
}
