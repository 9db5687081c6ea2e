/** Tells the messages in what hosts say to each other, by the dissectors: for faults that wait for a message. */
import {
  dissectors,
  type Field,
  type HeardMessage,
  Listener,
  type Side,
} from "../dissect/index.ts";
import {
  type Interpreter,
  type MessagePart,
  type Overheard,
  type Piece,
  pieceFields,
} from "../sim/network/index.ts";

const fieldNames: ReadonlySet<string> = new Set([
  ...pieceFields,
  ...dissectors.flatMap(({ filters }) => filters),
]);

/** Whether a filter of messages may name a field. */
export function isMessageField(name: string): boolean {
  return fieldNames.has(name);
}

/** The interpreter of one run. `joined`: conversations may have been going on before. */
export function interpreter(joined: boolean): Interpreter {
  const connections = new Map<number, Listener>();
  return (piece) => {
    const side: Side = piece.opener ? 0 : 1;
    if (piece.protocol === "udp") return toldOf(listenerOf(piece, false).hear(side, piece.bytes));
    let listener = connections.get(piece.connection);
    if (!listener)
      connections.set(piece.connection, (listener = listenerOf(piece, joined && !piece.first)));
    return toldOf(listener.hear(side, piece.bytes));
  };
}

function listenerOf(piece: Piece, joined: boolean): Listener {
  const { opener, from, to, fromPort, toPort, protocol } = piece;
  const hints = {
    port: opener ? toPort : fromPort,
    names: [opener ? to : from],
    datagram: protocol === "udp",
  };
  return new Listener(hints, joined);
}

function toldOf(heard: readonly HeardMessage[]): Overheard[] {
  return heard.map(({ message, from, to }) => {
    const { summary, flat, fields, start } = message;
    return { summary, flat, start: from, end: to, parts: partsOf(fields, from - start) };
  });
}

/** The innermost fields, moved by some bytes. */
function partsOf(fields: readonly Field[], by: number): MessagePart[] {
  return fields.flatMap(({ name, value, start, end, children }) => {
    if (children && children.length > 0) return partsOf(children, by);
    return [{ name, value, start: start + by, end: end + by }];
  });
}
