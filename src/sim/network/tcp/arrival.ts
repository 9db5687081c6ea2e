/** How segments reach the other end, or do not: the link may be blocked by then, the machine gone. */
import { Kind } from "../../kernel.ts";
import { Errno } from "../errno.ts";
import { LOST } from "../link.ts";
import { HEADER_BYTES } from "./constants.ts";
import { Phase } from "./phase.ts";
import { Flag, markDrop, markSend, Segment } from "./segment.ts";
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

/** Sends RST to the other end, in the order of what was sent before. */
export function sendReset(from: TcpSocket): void {
  const to = from.peer;
  if (to === undefined) return;
  const { kernel } = from.stack.host;
  const sent = markSend(from, Flag.rst, 0, undefined);
  const transitNs = from.sender.out.transitNs(HEADER_BYTES);
  if (from.sender.out.blocked || from.sender.out.passing(1) === 0 || transitNs === LOST) {
    markDrop(from, Flag.rst, undefined, from.sender.out.blocked ? "blocked" : "lost");
    to.handshake?.unanswered();
    return;
  }
  const arrivalNs = Math.max(kernel.nowNs + transitNs, from.sender.lastArrivalNs);
  from.sender.lastArrivalNs = arrivalNs;
  to.resetArrivesNs = arrivalNs;
  const outer = kernel.currentEvent;
  kernel.currentEvent = sent;
  const segment = new Segment(from, to, Flag.rst, from.sender.sentSeq, 0, undefined);
  kernel.scheduleAt(arrivalNs, to.stack.host.id, Kind.receive, arriveReset, segment);
  kernel.currentEvent = outer;
}

/** Something arrived for a connection that is not there any more. */
export function answerReset(segment: Segment): void {
  sendReset(segment.to);
}

function arriveReset({ from, to }: Segment): void {
  if (from.sender.out.blocked || !to.stack.up) {
    markDrop(from, Flag.rst, undefined, from.sender.out.blocked ? "blocked" : "host is down");
    to.handshake?.unanswered();
    if (to.readableBytes > 0) to.receiver.tellReadable();
  } else if (to.phase === Phase.connecting) {
    to.fail(Errno.ECONNREFUSED);
  } else {
    // A socket that has seen the other end's FIN learns of a reset as of a broken pipe (Linux).
    to.fail(to.receiver.finReceived && !to.unix ? Errno.EPIPE : Errno.ECONNRESET);
  }
}
