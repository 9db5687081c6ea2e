/**
 * Which sockets get datagrams sent to a multicast group. A host accepts a group's datagrams on an interface
 * on which one of its sockets is a member. They go to every socket that is bound to their port, members or
 * not (IP_MULTICAST_ALL is on in Linux), except to members that have specified a different source.
 */
import type { HostStack } from "../stack.ts";
import type { UdpSocket } from "./socket.ts";

const LOOPBACK = "127.0.0.1";
/** The suffix of memberships on the loopback interface. */
const AT_HOME = " at home";

/** A membership as `UdpSocket.groups` stores it. `home` means on the loopback interface. */
export function membershipOf(group: string, source: string | undefined, home: boolean): string {
  return `${group}${source === undefined ? "" : ` from ${source}`}${home ? AT_HOME : ""}`;
}

/** Whether a socket is a member of the group for datagrams from this source. */
function isMember({ groups }: UdpSocket, group: string, source: string): boolean {
  const home = source === LOOPBACK;
  return (
    groups.has(membershipOf(group, undefined, home)) ||
    groups.has(membershipOf(group, source, home))
  );
}

/** Whether a host accepts datagrams from `source` to the group. */
export function takesIn(stack: HostStack, group: string, source: string): boolean {
  for (const socket of stack.datagramSockets) if (isMember(socket, group, source)) return true;
  return false;
}

/** Whether a socket on such a host, bound to the port, gets the datagram. */
export function hears(socket: UdpSocket, group: string, source: string): boolean {
  if (isMember(socket, group, source)) return true;
  const ofOthers = `${group} from `;
  for (const membership of socket.groups) if (membership.startsWith(ofOthers)) return false;
  return true;
}
