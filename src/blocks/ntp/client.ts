/**
 * The daemon as a program: `client --servers time-1,time-2 --poll 64 --step 128`. It sets the clock by the commands `date` and
 * `adjtimex`, so that it runs on a real machine as well, where it needs the right to do so.
 */
import { execFile } from "node:child_process";
import { parseArgs } from "node:util";
import { Discipline } from "./discipline.ts";
import { ask } from "./question.ts";

const { values } = parseArgs({
  options: {
    servers: { type: "string" },
    port: { type: "string", default: "123" },
    poll: { type: "string", default: "64" },
    step: { type: "string", default: "128" },
  },
});
const servers = (values.servers ?? "").split(",").filter((name) => name !== "");
const discipline = new Discipline(servers, Number(values.step));
/** At the start it asks this often, this many times. */
const QUICK_S = 2;
let quick = 4;

/** How often each server is asked in a row, and the time between. */
const TIMES = 3;
const BETWEEN_MS = 100;

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}

function run(command: string, ...args: readonly string[]): Promise<void> {
  return new Promise((resolve) => {
    execFile(command, [...args], (error) => {
      if (error) console.error(`ntp-client: ${command}: ${error.message}`);
      resolve();
    });
  });
}

for (;;) {
  // Each is asked a few times: the answer that came fastest says most.
  for (let times = 0; times < TIMES; times++) {
    const samples = await Promise.all(
      servers.map(async (name) => ({ name, sample: await ask(name, Number(values.port)) })),
    );
    for (const { name, sample } of samples) discipline.take(name, sample);
    await sleep(BETWEEN_MS);
  }
  const correction = discipline.correct(performance.now());
  if (correction) {
    const { stepMs, slewMs, frequencyPpm } = correction;
    if (stepMs !== undefined) {
      await run("date", "-s", `@${((Date.now() + stepMs) / 1_000).toFixed(6)}`);
    } else {
      const frequency = String(Math.round(frequencyPpm * 65_536));
      const slew = String(Math.round(slewMs * 1_000));
      await run("adjtimex", "--frequency", frequency, "--singleshot", slew);
    }
  }
  const pauseS = quick-- > 0 ? QUICK_S : Number(values.poll);
  await sleep(pauseS * 1_000);
}
