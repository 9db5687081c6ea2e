/**
 * Delivery of segments to the other end. A segment does not arrive if the link is blocked meanwhile or the
 * machine is down. Every transmission that the sender has no confirmation for (the segment or its answer
 * was lost) ends in `Sender.lost`, so that the sender's timer handles it.
 */
import { Kind } from "../../kernel.ts";
import { Errno } from "../errno.ts";
import { LOST } from "../link.ts";
import type { HostStack } from "../stack.ts";
import { HEADER_BYTES } from "./constants.ts";
import { Phase } from "./phase.ts";
import type { Segment } from "./segment.ts";
import { describeChanged, Flag, markDrop, markJoined, markSend } from "./segment.ts";
import type { TcpSocket } from "./socket.ts";

/** Delivers a segment of the stream to the other host, or reports its loss. */
export function arrive(segment: Segment): void {
  const { from, to } = segment;
  if (from.sender.out.blocked) from.sender.lost(segment, "blocked");
  else if (!to.stack.up) from.sender.lost(segment, "host is down");
  else {
    segment.flying = false;
    const { out } = from.sender;
    if (out.undetected > 0 && segment.payload) {
      const sent = segment.payload;
      segment.payload = out.delivered(sent);
      if (segment.payload !== sent) describeChanged(segment);
    }
    markJoined(segment, Kind.receive);
    to.receiver.receive(segment);
  }
}

/** Delivers an acknowledgement that the sender waits for, or reports its loss. */
export function arriveAck(segment: Segment): void {
  const { sender } = segment.from;
  if (segment.to.sender.out.blocked) sender.lost(segment, undefined);
  else sender.acknowledged(segment.answer);
}

/** A segment without data in transit, with the actions for its arrival and its loss. */
interface Control {
  readonly from: TcpSocket;
  readonly flag: number;
  readonly arrives: () => void;
  readonly lost: (() => void) | undefined;
}

/**
 * Sends a segment without data, in order after everything sent before. `arrives` is called at the other
 * host when it arrives, `lost` once it is known not to arrive. Returns the arrival time, or -1.
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
  out.packets++;
  const passes = !out.blocked && !sender.isForgotten && (!out.lossy || out.passing(1) === 1);
  const transitNs = passes ? out.transitNs(HEADER_BYTES) : LOST;
  if (transitNs === LOST) {
    markDrop(from, flag, undefined, out.blocked ? "blocked" : "lost", sent);
    lost?.();
    return -1;
  }
  const arrivalNs = Math.max(kernel.nowNs + transitNs, sender.lastArrivalNs);
  const control: Control = { from, flag, arrives, lost };
  const target = (from.remoteStack as HostStack).host.id;
  kernel.scheduleAt(arrivalNs, target, Kind.receive, arriveControl, control, sent);
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
 * Sends RST to the other end. `seq` is its position in the stream; the default is the end of what was sent.
 * RST is not retransmitted on its own. If it answers a segment, `lost` has to make sure that the segment is
 * sent, and so answered, again.
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

/** Called when something arrives for a connection that no longer exists. */
export function answerReset(segment: Segment): void {
  sendReset(segment.to, segment.ack, () => segment.from.sender.lost(segment, undefined));
}

function arriveReset(from: TcpSocket, to: TcpSocket, seq: number): void {
  const { receiver, sender } = to;
  if (to.phase === Phase.connecting) {
    to.fail(Errno.ECONNREFUSED);
  } else if (to.phase === Phase.open && receiver.nextSeq < seq) {
    // A segment before it was lost. The RST could be forged, so the receiver asks the sender (RFC 5961).
    sendControl(to, Flag.ack, () => sendReset(from, receiver.nextSeq));
  } else {
    // A socket that has received FIN and not sent one reports a reset as a broken pipe.
    const closeWait = receiver.finReceived && !sender.finSent && !to.unix;
    to.fail(closeWait ? Errno.EPIPE : Errno.ECONNRESET);
  }
}
