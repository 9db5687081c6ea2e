/** What a random program of `node:net` may do in a step. */
import type * as net from "node:net";
import type { Actor, Place, RandomNet } from "./random-net.ts";

/** One thing to do, to `actor` if it is something that is done to a socket. */
export type Op = (program: RandomNet, actor: Actor) => void;

/** More than all buffers between two real sockets hold. */
const LARGE_BYTES = 24_000_000;

function write(program: RandomNet, { name, socket }: Actor, bytes: number): void {
  const { prng, scope } = program;
  const id = prng.below(1_000);
  const whole = scope.Buffer.alloc(bytes, 65 + prng.below(26));
  const wanted = prng.below(6);
  const done = (error?: Error | null): void => program.log(name, "written", id, error);
  try {
    let more: boolean;
    if (wanted === 0) more = socket.write(whole.toString("latin1"), "latin1", done);
    else if (wanted === 1) more = socket.write(whole.toString(), done);
    else if (wanted === 2) more = socket.write(new Uint8Array(whole), done);
    else if (wanted === 3) more = socket.write(whole.toString("hex"), "hex", done);
    else more = socket.write(whole, done);
    program.log(name, "write", id, `b${bytes}`, more);
  } catch (error) {
    program.log(name, "write throws", id, error);
  }
}

/** Whether a large write would soon be over: everybody reads, and nobody's patience is limited. */
function allRead({ clients, accepted, restMs }: RandomNet): boolean {
  const sockets = [...clients, ...accepted].map(({ socket }) => socket);
  return (
    restMs < 100 &&
    sockets.every((socket) => !socket.isPaused() && socket.listenerCount("data") > 0) &&
    sockets.every(({ connecting, timeout }) => !connecting && (timeout ?? 0) === 0)
  );
}

const small: Op = (program, actor) => write(program, actor, program.prng.below(2_000));

/** What is done to a socket at either end. */
export const socketOps: readonly Op[] = [
  small,
  small,
  small,
  (program, actor) => write(program, actor, program.prng.below(60_000)),
  (program, actor) => {
    if (!allRead(program)) return;
    write(program, actor, LARGE_BYTES);
    program.restMs = 250;
  },
  (program, actor) => {
    actor.socket.end(() => program.log(actor.name, "ended"));
  },
  (program, actor) => {
    actor.socket.end("goodbye", () => program.log(actor.name, "ended"));
  },
  (program, actor) => void (program.mayDestroy && actor.socket.destroy()),
  (program, actor) => void (program.mayDestroy && actor.socket.destroySoon()),
  (program, actor) => {
    if (program.mayDestroy) actor.socket.destroy(new Error("on purpose"));
  },
  (program, actor) => {
    if (!program.mayDestroy) return;
    try {
      actor.socket.resetAndDestroy();
    } catch (error) {
      program.log(actor.name, "resetAndDestroy throws", error);
    }
  },
  (_program, { socket }) => socket.pause(),
  (program, actor) => void actor.socket.resume(),
  (program, actor) => void actor.socket.resume(),
  (program, { name, socket }) => {
    const ms = program.prng.pick([0, 30]);
    socket.setTimeout(ms, () => program.log(name, "idle for", ms));
  },
  (program, actor) => {
    const { prng } = program;
    actor.socket.cork();
    for (let i = prng.below(4); i >= 0; i--) write(program, actor, prng.below(500));
    if (prng.chance(0.8)) actor.socket.uncork();
    else program.scope.process.nextTick(() => actor.socket.uncork());
  },
  (program, { name, socket }) => program.log(name, "address", socket.address()),
  ({ prng }, { socket }) => socket.setKeepAlive(prng.chance(0.7), 1_000),
  (_program, { socket }) => socket.setNoDelay(true),
  ({ prng }, { socket }) => (prng.chance(0.5) ? socket.setEncoding("latin1") : undefined),
  (program, actor) => {
    actor.socket.on("readable", () => {
      let chunk: Buffer | string | null;
      while ((chunk = actor.socket.read() as Buffer | string | null) !== null) {
        program.note(actor, chunk);
      }
    });
  },
  (program, actor) => {
    // At one end alone, or the same bytes would go round for ever.
    if (!program.accepted.includes(actor) || program.echoes.has(actor)) return;
    program.echoes.add(actor);
    actor.socket.pipe(actor.socket);
  },
  (_program, { socket }) => socket.unpipe(),
  (_program, { socket }) => socket.removeAllListeners("data"),
  (program, actor) => {
    program.scope.process.nextTick(() => small(program, actor));
  },
];

function connect(program: RandomNet, options: net.TcpNetConnectOpts | net.IpcNetConnectOpts): void {
  const { prng, clients } = program;
  if (!program.mayConnect()) return;
  const name = `client${clients.length}`;
  const all = { ...options } as net.TcpNetConnectOpts;
  if (prng.chance(0.3)) all.allowHalfOpen = true;
  if (prng.chance(0.2)) all.timeout = 30;
  all.noDelay = true;
  if (prng.chance(0.2)) {
    const abort = new AbortController();
    program.aborts.push(abort);
    all.signal = abort.signal;
  }
  try {
    const socket = program.scope.net.connect(all);
    const actor = program.adopt(name, socket);
    clients.push(actor);
    if (prng.chance(0.4)) socket.write(`hello ${prng.below(10)}`);
  } catch (error) {
    program.log(name, "connect throws", error);
  }
}

function optionsFor(
  program: RandomNet,
  place: Place,
): net.TcpNetConnectOpts | net.IpcNetConnectOpts {
  const { prng } = program;
  if (place.address === "unix") return { path: place.path };
  const { port } = place;
  const either = prng.chance(0.5) ? "127.0.0.1" : "::1";
  const host = place.address === "::" ? either : place.address;
  const way = prng.below(8);
  if (way === 0) {
    const named = prng.pick(["127.0.0.1", "::1", "localhost", "::"]);
    // Which of its addresses comes first is up to the machine's own file of names.
    return { port, host: named, ...(named === "localhost" && { family: 4 }) };
  }
  if (way === 1) return { port, host, localAddress: host };
  if (way === 2) {
    // Names with several addresses: who is tried first, and what is told of each attempt.
    const addresses = prng.shuffle([
      { address: "127.0.0.1", family: 4 },
      { address: "::1", family: 6 },
    ]);
    return {
      port,
      host: "several",
      autoSelectFamily: prng.chance(0.7),
      lookup: ((
        _name: string,
        options: { all?: boolean },
        callback: (...all: unknown[]) => void,
      ) => {
        const [first] = addresses as [{ address: string; family: number }];
        if (options.all === true) callback(null, addresses);
        else callback(null, first.address, first.family);
      }) as net.LookupFunction,
    };
  }
  return { port, host };
}

const connectToOne: Op = (program) =>
  connect(program, optionsFor(program, program.prng.pick(program.places)));

/** What a client does beside what all sockets do. */
export const clientOps: readonly Op[] = [
  connectToOne,
  connectToOne,
  connectToOne,
  connectToOne,
  (program) => connect(program, { port: 1, host: "127.0.0.1" }),
  (program) => {
    if (program.mayDestroy) program.aborts.pop()?.abort();
  },
  (program) => connect(program, { path: "\0lightcone-nobody" }),
  (program, actor) => {
    // The same object again, once it is done with its first connection.
    if (actor === undefined || !actor.socket.closed) return;
    if (!program.mayConnect()) return;
    const place = program.prng.pick(program.places);
    if (place.address === "unix") actor.socket.connect(place.path);
    else actor.socket.connect(place.port, place.address === "::" ? "::1" : place.address);
  },
];

/** What a server does beside what its sockets do. */
export const acceptedOps: readonly Op[] = [
  (program) => {
    const { name, server } = program.prng.pick(program.places);
    server.close((error) => program.log(name, "closed", error));
  },
  (program) => {
    const place = program.prng.pick(program.places);
    try {
      program.listen(place);
    } catch (error) {
      program.log(place.name, "listen throws", error);
    }
  },
  (program) => {
    const { name, server } = program.prng.pick(program.places);
    server.getConnections((error, count) => program.log(name, "connections", error, count));
  },
  (program) => {
    const { server } = program.prng.pick(program.places);
    server.maxConnections = program.prng.below(3);
  },
  (program) => {
    // The port is taken by the other server.
    const { prng } = program;
    const place = prng.pick(program.places);
    if (place.address === "unix" || place.port === 0) return;
    const other = program.scope.net.createServer();
    other.on("error", (error) => program.log(place.name, "another", error));
    other.listen(place.port, prng.pick(["127.0.0.1", "::1", "::", "0.0.0.0"]), () => {
      program.log(place.name, "another listens");
      other.close();
    });
  },
  (program) => {
    const { name, server } = program.prng.pick(program.places);
    const address = server.address();
    program.log(name, "address", address, server.listening);
  },
];
