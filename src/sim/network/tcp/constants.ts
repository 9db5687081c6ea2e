/** The TCP constants of Linux (man 7 tcp, Documentation/networking/ip-sysctl). */
import { MS, SECOND } from "../../../base/units.ts";

/** The size of a socket's send buffer: data sent but not acknowledged, and data waiting to be sent. */
export const SEND_BUFFER_BYTES: number = 131_072;
/** The size of a socket's receive buffer, which is also the largest window (net.ipv4.tcp_rmem's default). */
export const RECEIVE_BUFFER_BYTES: number = 131_072;
/** IP and TCP headers with timestamps. */
export const HEADER_BYTES: number = 52;

/** The minimum and maximum retransmission timeout; the minimum is added to the round trip. */
const RTO_MIN_NS: number = 200 * MS;
export const RTO_MAX_NS: number = 120 * SECOND;
const JIFFY_NS: number = 4 * MS;
/** The first retransmission timeout. Linux counts it in ticks of its clock, and rounds up (`CONFIG_HZ=250`). */
export const firstTimeoutNs = (rttNs: number): number =>
  Math.ceil((rttNs + RTO_MIN_NS) / JIFFY_NS) * JIFFY_NS;
/** The delay of a tail loss probe beyond two round trips: two jiffies. */
export const PROBE_SLACK_NS: number = 2 * JIFFY_NS;
/** The time without an acknowledgement before ETIMEDOUT, from tcp_retries2 = 15. */
export const GIVE_UP_AFTER_NS: number = 924_600 * MS;
/** The same for a socket that its process has closed (tcp_orphan_retries = 8). */
export const ORPHAN_GIVE_UP_AFTER_NS: number = 102_200 * MS;

/** The delay of the first SYN retry, doubled for each further one; after six retries (127 s) ETIMEDOUT. */
export const SYN_TIMEOUT_NS: number = SECOND;
export const SYN_RETRIES: number = 6;
/** The number of SYN-ACK retries, with the same delays; after them (63 s) the connection attempt ends. */
export const SYN_ACK_RETRIES: number = 5;
/** How long ARP queries a machine that does not answer. */
export const UNREACHABLE_AFTER_NS: number = 3_072 * MS;
/** How long the side that closed first keeps its port occupied. */
export const TIME_WAIT_NS: number = 60 * SECOND;
/** How long a socket that no process holds waits for the peer's FIN (net.ipv4.tcp_fin_timeout). */
export const FIN_WAIT2_NS: number = 60 * SECOND;
/** net.core.somaxconn. */
export const BACKLOG_MAX: number = 4_096;
