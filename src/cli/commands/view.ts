/** `lightcone view`: shows a stored trace in a browser, all of it, from a server on this machine. */
import { existsSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, join, relative } from "node:path";
import { explainSystemError, LightconeError } from "../../base/errors.ts";
import { pageOf, readTrace, REPLAY_DIRECTORY, shellWord } from "../../explore/index.ts";
import { styleFor } from "../../report/index.ts";
import type { Trace } from "../../trace/index.ts";
import { type Command, parseOptions } from "../command.ts";
import { mayOpen, openInBrowser } from "../open.ts";
import { Interrupt, usage } from "../session.ts";
import { timelineOf } from "../timeline.ts";

const options = {
  all: { type: "boolean" },
  ascii: { type: "boolean" },
  "no-open": { type: "boolean" },
  port: { type: "string" },
  timeline: { type: "boolean" },
} as const;

const HOST = "127.0.0.1";
const PORT_MAX = 65_535;

export const command: Command = {
  summary: "show a stored trace in a browser",
  usage: `
lightcone view FILE [--port N] [--no-open] [--timeline]

Opens the trace of a run (.lightcone/NAME-SEED.trace) in a browser, however large it is, from a server that only
this machine reaches, until Ctrl-C. For a replay file (.json) it takes the trace beside it, or runs it again.

  --port N      the port to listen on (default: any that is free)
  --no-open     only print the address
  --timeline    draw the run here instead, as replay --timeline does, with --all and --ascii
`,
  async run(args) {
    const { values, positionals } = parseOptions("view", args, options);
    const [file, ...rest] = positionals;
    if (file === undefined || rest.length > 0) throw usage("view", "which one trace file?");
    const port = values.port === undefined ? 0 : parsePort(values.port);
    const path = await tracePath(file);
    const trace = readTrace(path);
    if (values.timeline) {
      process.stdout.write(timelineOf(trace, values));
      return 0;
    }
    await serve(pageFor(path, trace), port, values["no-open"] !== true && mayOpen());
    return 0;
  },
};

function parsePort(text: string): number {
  const port = /^[0-9]+$/.test(text) ? Number(text) : NaN;
  if (port <= PORT_MAX) return port;
  throw usage("view", `--port ${JSON.stringify(text)} is not a port from 0 to ${PORT_MAX}`);
}

/** The trace of a file: itself, or that of a replay file, which is run again if it has none. */
async function tracePath(file: string): Promise<string> {
  if (!file.endsWith(".json")) return file;
  const beside = file.replace(/\.json$/, ".trace");
  if (existsSync(beside)) return beside;
  const { command } = await import("./replay.ts");
  await command.run([file]);
  const written = join(REPLAY_DIRECTORY, basename(beside));
  if (existsSync(written)) return written;
  throw new LightconeError("LC_BAD_TRACE", `${file} has no trace beside it, and none was written`);
}

/** The page of a trace, with nothing left out. */
function pageFor(path: string, trace: Trace): string {
  const replay = path.replace(/\.trace$/, ".json");
  const shown = shellWord(relative(process.cwd(), replay));
  const facts = existsSync(replay) ? { replay: `npx lightcone replay ${shown}` } : {};
  return pageOf(trace, { facts, restore: "", maxBytes: Infinity });
}

/** Serves the page until Ctrl-C. */
async function serve(page: string, port: number, opens: boolean): Promise<void> {
  const interrupt = new Interrupt();
  try {
    const server = await listen(page, port);
    const { port: taken } = server.address() as AddressInfo;
    const address = `http://${HOST}:${taken}/`;
    const style = styleFor(process.stdout);
    process.stdout.write(`${style.cyan(address)}  ${style.dim("Ctrl-C ends it")}\n`);
    if (opens) openInBrowser(address);
    await new Promise<void>((done) => {
      if (interrupt.asked) done();
      interrupt.signal.addEventListener("abort", () => done());
    });
    server.closeAllConnections();
    server.close();
  } finally {
    interrupt.close();
  }
}

function listen(page: string, port: number): Promise<Server> {
  const body = Buffer.from(page);
  const server = createServer((request, response) => {
    // A page of another site whose name leads here must not read the run.
    const { host = "" } = request.headers;
    const isOurs = /^(127\.0\.0\.1|localhost)(:[0-9]+)?$/.test(host);
    const path = (request.url ?? "").split("?")[0];
    const isRead = request.method === "GET" || request.method === "HEAD";
    if (!isOurs || path !== "/" || !isRead) {
      response.writeHead(isOurs ? 404 : 403, { "content-type": "text/plain" });
      response.end("not here\n");
      return;
    }
    response.writeHead(200, {
      "content-type": "text/html; charset=utf-8",
      "content-length": body.length,
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
    });
    response.end(request.method === "HEAD" ? undefined : body);
  });
  return new Promise((done, failed) => {
    server.on("error", (error) => failed(explainSystemError(error)));
    server.listen(port, HOST, () => done(server));
  });
}
