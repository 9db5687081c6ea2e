/**
 * How a flow (`NAME.flow.mjs`) walks through an application: step by step, over HTTP, printing what each step
 * was answered. The same program runs against real processes and in a world; what it prints is what the two
 * arms are compared by. Arguments: `once` or `again`, then the base URL of each server.
 */
import { op } from "lightcone/probe";

/** The start of each line that tells the answer of a step. */
export const ANSWER = "answer ";
const LIMIT_MS = 20_000;
const READY_MS = 120_000;

/**
 * Walks the flow once; with `again` as first argument, again and again, and a walk that fails (a server is down,
 * the network is cut) is given up. `flow({ step, urls, round })` calls `step(name, run)` for each step.
 */
export async function walk(flow) {
  const [how, ...urls] = process.argv.slice(2);
  const again = how === "again";
  await ready(urls);
  for (let round = 0; round === 0 || again; round++) {
    const step = (name, run) =>
      op(name, async () => {
        const answer = await run();
        if (round === 0) console.log(ANSWER + JSON.stringify([name, answer ?? null]));
        return answer;
      });
    try {
      await flow({ step, urls, round });
      console.log(`walked ${round}`);
    } catch (error) {
      if (!again) throw error;
      console.log(`given up ${round}: ${error.message} ${error.cause?.message ?? ""}`);
    }
    if (again) await sleep(5_000);
  }
}

/** Sends a request and reads the answer: status, the headers that matter, and the body (JSON as data). */
export async function ask(method, url, { body, headers = {}, type } = {}) {
  const isData = body !== undefined && typeof body !== "string";
  const response = await fetch(url, {
    method,
    redirect: "manual",
    headers: {
      ...(body === undefined
        ? {}
        : { "content-type": type ?? (isData ? "application/json" : "text/plain") }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: isData ? JSON.stringify(body) : body }),
    signal: AbortSignal.timeout(LIMIT_MS),
  });
  const text = await response.text();
  const kind = response.headers.get("content-type") ?? undefined;
  return {
    status: response.status,
    kind,
    location: response.headers.get("location") ?? undefined,
    cookie: response.headers.getSetCookie().map((cookie) => cookie.split(";")[0]),
    text,
    data: kind?.includes("json") && text !== "" ? JSON.parse(text) : undefined,
  };
}

/** What of an answer is the same in each run: its status, kind, target and body, with `hidden` texts named. */
export function shown({ status, kind, location, text, data }, hidden = {}) {
  const answer = { status, kind, location, body: data ?? text };
  return JSON.parse(hide(JSON.stringify(answer), hidden));
}

/** Text with what differs from run to run (dates, ids, hashes, tokens, and the texts of `hidden`) replaced by its kind. */
export function hide(text, hidden = {}) {
  let result = text;
  for (const [name, value] of Object.entries(hidden)) {
    if (value !== undefined && value !== "") result = result.replaceAll(String(value), `<${name}>`);
  }
  return result
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, "<date>")
    .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "<uuid>")
    .replaceAll(/\$2[aby]\$\d\d\$[./\w]{53}/g, "<hash>")
    .replaceAll(/eyJ[\w-]+\.[\w-]+\.[\w-]+/g, "<token>");
}

/** Waits. */
export function sleep(ms) {
  return new Promise((done) => setTimeout(done, ms));
}

/** Resolves when all servers answer requests. */
async function ready(urls) {
  const until = Date.now() + READY_MS;
  for (const url of urls) {
    for (;;) {
      try {
        const response = await fetch(url, {
          redirect: "manual",
          signal: AbortSignal.timeout(5_000),
        });
        await response.arrayBuffer();
        break;
      } catch (error) {
        if (Date.now() > until) throw error;
        await sleep(250);
      }
    }
  }
}
