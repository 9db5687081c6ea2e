/** The processor time of child processes, where Linux tells it. */
import { readdirSync, readFileSync } from "node:fs";

/** Ticks a second of the times in /proc: the same on every Linux that Node runs on. */
const TICKS = 100;

/** The processor time, in seconds, that the living children of this process have used; `undefined` elsewhere. */
export function processorSeconds() {
  if (process.platform !== "linux") return undefined;
  let ticks = 0;
  for (const name of readdirSync("/proc")) {
    if (!/^[0-9]+$/.test(name)) continue;
    const fields = statOf(name);
    // Fields 4 (parent), 14 and 15 (its own time) of proc(5), counted from the third.
    if (fields && Number(fields[1]) === process.pid)
      ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks / TICKS;
}

/** What follows the name of a process, which may itself have spaces and brackets. */
function statOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined; // it has ended meanwhile
  }
}
