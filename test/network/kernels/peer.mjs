/**
 * What a machine's program does in a scenario: connects or listens, acts at given times on its sockets and
 * notes what they tell it. The same code runs as a program of a simulated host, and as a process of its
 * own (`peer.mjs SCENARIO ROLE`, told when time zero is by a line on its standard input).
 */

/** How the ports of a scenario's connections begin. */
const PORT = 7_000;
/** Whoever acts so much too late says so: the run is not compared. */
const LATE_MS = 40;

/**
 * @param {{ net: typeof import("node:net"), setTimeout: typeof setTimeout, sinceMs: () => number }} scope
 * @param {object} scenario see `scenario.ts`
 * @param {"client" | "server"} role
 * @param {number} bootMs when the machine booted: what was to be before that is not done
 * @param {(line: { t: number, who: string, what: string, bytes?: number }) => void} tell
 */
export function play(scope, scenario, role, bootMs, tell) {
  const servers = [];
  const { net, sinceMs } = scope;
  const at = (ms, action) => {
    scope.setTimeout(
      () => {
        if (sinceMs() - ms > LATE_MS) tell({ t: sinceMs(), who: role, what: "late" });
        action();
      },
      Math.max(0, ms - sinceMs()),
    );
  };
  scenario.connections.forEach((connection, index) => {
    const half = connection[role];
    const who = `${role}${index}`;
    const options = { allowHalfOpen: half.halfOpen, noDelay: true };
    if (half.keepAliveMs > 0) {
      Object.assign(options, { keepAlive: true, keepAliveInitialDelay: half.keepAliveMs });
    }
    const note = (what, bytes) => tell({ t: sinceMs(), who, what, ...(bytes && { bytes }) });
    const follow = (socket) => {
      if (half.reads) socket.resume();
      for (const event of ["end", "finish", "drain"]) socket.on(event, () => note(event));
      socket.on("data", (data) => note("data", data.length));
      socket.on("error", (error) => note(`error ${error.syscall} ${error.code}`));
      socket.on("close", (hadError) => note(`close ${hadError}`));
      for (const act of half.acts) if (act.at >= sinceMs()) at(act.at, () => perform(socket, act));
    };
    if (role === "server") {
      const server = net.createServer({ ...options, pauseOnConnect: true }, (socket) => {
        note("accepted");
        follow(socket);
      });
      servers.push(server.listen(PORT + index, "10.0.0.2"));
    } else if (connection.at >= bootMs) {
      at(connection.at, () => {
        const socket = net.connect({ ...options, host: "10.0.0.2", port: PORT + index });
        socket.on("connect", () => note("connect"));
        follow(socket);
      });
    }
  });
  return servers;
}

function perform(socket, { verb, bytes }) {
  if (verb === "write") {
    if (socket.writable) socket.write(Buffer.alloc(bytes, 7));
  } else if (verb === "resume") socket.resume();
  else if (verb === "pause") socket.pause();
  else if (verb === "end") socket.end();
  else if (verb === "destroy") socket.destroy();
  else socket.resetAndDestroy();
}

if (process.argv[1]?.endsWith("peer.mjs")) {
  const net = await import("node:net");
  const [, , text, role, bootMs] = process.argv;
  let zeroMs = Infinity;
  const zero = new Promise((goOn) => {
    process.stdin.once("data", (line) => goOn((zeroMs = Number(line))));
  });
  setInterval(() => {}, 1e9);
  const start = () => {
    const sinceMs = () => Date.now() - zeroMs;
    return play({ net, setTimeout, sinceMs }, JSON.parse(text), role, Number(bootMs), (line) => {
      process.stdout.write(`${JSON.stringify(line)}\n`);
    });
  };
  // A server listens before anybody connects.
  if (role === "server") {
    for (const server of start()) {
      if (!server.listening) await new Promise((goOn) => server.once("listening", goOn));
    }
  }
  process.stdout.write("ready\n");
  await zero;
  if (role === "client") start();
  process.stdin.pause();
}
