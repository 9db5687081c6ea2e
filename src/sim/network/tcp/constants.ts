/** The constants of TCP as Linux has them (man 7 tcp, Documentation/networking/ip-sysctl). */
import { MS, SECOND } from "../../../base/units.ts";

/** What a socket's send buffer holds: sent and not acknowledged, or waiting to be sent. */
export const SEND_BUFFER_BYTES: number = 131_072;
/** What a socket's receive buffer holds, and so the largest window (net.ipv4.tcp_rmem's default). */
export const RECEIVE_BUFFER_BYTES: number = 131_072;
/** IP and TCP headers with timestamps. */
export const HEADER_BYTES: number = 52;

/** The least retransmission timeout beyond the round trip, and the greatest. */
export const RTO_MIN_NS: number = 200 * MS;
export const RTO_MAX_NS: number = 120 * SECOND;
/** What a tail loss probe waits beyond two round trips: two jiffies. */
export const PROBE_SLACK_NS: number = 8 * MS;
/** tcp_retries2 = 15 comes to this long without an acknowledgement before ETIMEDOUT. */
export const GIVE_UP_AFTER_NS: number = 924_600 * MS;
/** The same for a socket that its process has closed (tcp_orphan_retries = 8). */
export const ORPHAN_GIVE_UP_AFTER_NS: number = 102_200 * MS;

/** The first retry of a SYN, doubled for each further one; after six of them (127 s) ETIMEDOUT. */
export const SYN_TIMEOUT_NS: number = SECOND;
export const SYN_RETRIES: number = 6;
/** The same for a SYN-ACK (63 s). */
export const SYN_ACK_RETRIES: number = 5;
/** How long ARP asks for a machine that is not there. */
export const UNREACHABLE_AFTER_NS: number = 3_072 * MS;
/** How long the side that closed first keeps its port. */
export const TIME_WAIT_NS: number = 60 * SECOND;
/** How long a socket that nobody holds waits for the peer's FIN (net.ipv4.tcp_fin_timeout). */
export const FIN_WAIT2_NS: number = 60 * SECOND;
/** net.core.somaxconn. */
export const BACKLOG_MAX: number = 4_096;
