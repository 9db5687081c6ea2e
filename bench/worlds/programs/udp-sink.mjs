/** Counts datagrams. */
import { createSocket } from "node:dgram";

/** How many have arrived. */
export let received = 0;

const socket = createSocket("udp4");
socket.on("message", () => received++);
socket.bind(7000);
