/**
 * Passing handles between processes over a Unix socket: the receiver creates its own handle for the
 * same socket of the operating system. `cluster` and `process.send` use it.
 */
import type { TcpSocket } from "../../sim/network/tcp/socket.ts";
import type { UdpSocket } from "../../sim/network/udp/socket.ts";
import type { BindingContext } from "./context.ts";

/** The passed socket, and the kind of handle that it needs. */
export type Passed =
  | { readonly kind: "tcp" | "pipe"; readonly socket: TcpSocket }
  | { readonly kind: "udp"; readonly socket: UdpSocket };

/** A handle that can be passed. */
export interface Passable {
  readonly passed: Passed;
}

type Receiver = (socket: never) => object;

const receivers: WeakMap<BindingContext, Map<Passed["kind"], Receiver>> = new WeakMap();

/** Registers how a process creates a handle of this kind for a passed socket. */
export function receiveWith<Socket>(
  context: BindingContext,
  kind: Passed["kind"],
  receiver: (socket: Socket) => object,
): void {
  let known = receivers.get(context);
  if (known === undefined) receivers.set(context, (known = new Map()));
  known.set(kind, receiver as Receiver);
}

/** Creates the handle for a passed socket. */
export function receiveHandle(
  context: BindingContext,
  { kind, socket }: Passed,
): object | undefined {
  // Loading the library's module loads its binding, which registers its receiver.
  context.require(kind === "udp" ? "dgram" : "net");
  return receivers.get(context)?.get(kind)?.(socket as never);
}
