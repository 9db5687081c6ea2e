/**
 * Handles that are passed between processes over a Unix socket: the one that receives makes a handle of
 * its own for the same socket of the operating system. `cluster` and `process.send` stand on it.
 */
import type { TcpSocket } from "../../sim/network/tcp/socket.ts";
import type { UdpSocket } from "../../sim/network/udp/socket.ts";
import type { BindingContext } from "./context.ts";

/** What travels: the socket, and what kind of handle it needs. */
export type Passed =
  | { readonly kind: "tcp" | "pipe"; readonly socket: TcpSocket }
  | { readonly kind: "udp"; readonly socket: UdpSocket };

/** A handle that can be passed. */
export interface Passable {
  readonly passed: Passed;
}

type Receiver = (socket: never) => object;

const receivers: WeakMap<BindingContext, Map<Passed["kind"], Receiver>> = new WeakMap();

/** How a process makes a handle of this kind for a socket that it was passed. */
export function receiveWith<Socket>(
  context: BindingContext,
  kind: Passed["kind"],
  receiver: (socket: Socket) => object,
): void {
  let known = receivers.get(context);
  if (known === undefined) receivers.set(context, (known = new Map()));
  known.set(kind, receiver as Receiver);
}

/** Makes the handle for what the process was passed. */
export function receiveHandle(
  context: BindingContext,
  { kind, socket }: Passed,
): object | undefined {
  // The library's module loads its binding, which says how.
  context.require(kind === "udp" ? "dgram" : "net");
  return receivers.get(context)?.get(kind)?.(socket as never);
}
