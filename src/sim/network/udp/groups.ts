/**
 * Who hears what is sent to a multicast group. A host takes in a group's datagrams on an interface on
 * which one of its sockets is a member; they go to every socket that is bound to their port, members or
 * not (IP_MULTICAST_ALL is on in Linux), but to no member who has named another source.
 */
import type { HostStack } from "../stack.ts";
import type { UdpSocket } from "./socket.ts";

const LOOPBACK = "127.0.0.1";
/** How the memberships on the loopback interface end. */
const AT_HOME = " at home";

/** A membership as `UdpSocket.groups` holds it; `home`: on the loopback interface. */
export function membershipOf(group: string, source: string | undefined, home: boolean): string {
  return `${group}${source === undefined ? "" : ` from ${source}`}${home ? AT_HOME : ""}`;
}

/** Whether a socket is a member of the group, for what this source sends. */
function isMember({ groups }: UdpSocket, group: string, source: string): boolean {
  const home = source === LOOPBACK;
  return (
    groups.has(membershipOf(group, undefined, home)) ||
    groups.has(membershipOf(group, source, home))
  );
}

/** Whether a host takes in what `source` sends to the group. */
export function takesIn(stack: HostStack, group: string, source: string): boolean {
  for (const socket of stack.datagramSockets) if (isMember(socket, group, source)) return true;
  return false;
}

/** Whether a socket of such a host, bound to the port, gets it. */
export function hears(socket: UdpSocket, group: string, source: string): boolean {
  if (isMember(socket, group, source)) return true;
  const ofOthers = `${group} from `;
  for (const membership of socket.groups) if (membership.startsWith(ofOthers)) return false;
  return true;
}
