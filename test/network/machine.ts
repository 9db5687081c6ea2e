/**
 * What the machine that runs the tests has, of what every simulated host has: a container may be without
 * IPv6, or without a way to other machines. Tests that need it on the real arm skip, and say so here.
 */
import { createSocket } from "node:dgram";
import { networkInterfaces } from "node:os";

/** Whether programs can talk over `::1`. */
export const hasIpv6: boolean = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === "::1"),
);
if (!hasIpv6) console.warn("this machine has no IPv6: tests that need it are skipped");

/** Whether packets for everybody, and for groups, have somewhere to go. */
export const hasRoute: boolean = await new Promise((tell) => {
  const socket = createSocket("udp4");
  socket.on("error", () => socket.close(() => tell(false)));
  socket.on("connect", () => socket.close(() => tell(true)));
  socket.connect(9, "203.0.113.1");
});
if (!hasRoute) console.warn("this machine is alone: tests that send to groups are skipped");
