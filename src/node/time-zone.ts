/**
 * The time zone of a process, as `TZ` in its environment says. V8 has one zone at a time, and changes it when the real
 * variable is set (about 20 µs). So the zone of a process is installed when the process is entered, if the
 * installed one is another. Where all hosts are in UTC, which is the default, that is one comparison.
 */
const { env } = globalThis.process;

/** The zone of the machine itself, which holds without the variable. */
const MACHINE = "UTC";

/** The zone that V8 has, during a run. */
let installed = MACHINE;

/** Names with more than digits after a digit that are zones all the same. */
const NAMES_WITH_DIGITS: ReadonlySet<string> = new Set([
  "PST8PDT",
  "MST7MDT",
  "CST6CDT",
  "EST5EDT",
]);

/**
 * Returns what the real variable has to be. ICU ignores a rule in the form of POSIX ("CET-1CEST,M3.5.0,M10.5.0/3") and uses
 * the machine's zone instead. A path would name a file of the real machine.
 */
function nameOf(variable: string | undefined): string {
  if (variable === undefined || variable.startsWith("/") || variable.startsWith(":/")) {
    return MACHINE;
  }
  const isName = /^[^\d,]*\d{0,2}$/.test(variable) || NAMES_WITH_DIGITS.has(variable);
  return isName ? variable : MACHINE;
}

/** The time zone of one process and its threads. */
export class TimeZone {
  name: string;

  /** `variable` is the value of `TZ`. */
  constructor(variable: string | undefined) {
    this.name = nameOf(variable);
  }

  /** The process, which is running, has set or deleted the variable. */
  change(variable: string | undefined): void {
    this.name = nameOf(variable);
    installZone(this);
  }
}

/** Makes `zone` the one that dates are printed and read in. */
export function installZone(zone: TimeZone): void {
  if (zone.name === installed) return;
  installed = zone.name;
  env["TZ"] = installed;
}

/** Begins a run in UTC, on every machine. Returns a function that restores what was before. */
export function pinTimeZone(): () => void {
  const before = env["TZ"];
  if (before !== MACHINE) env["TZ"] = MACHINE;
  installed = MACHINE;
  return () => {
    if (before === undefined) delete env["TZ"];
    else if (before !== installed) env["TZ"] = before;
    installed = MACHINE;
  };
}

/** Runs code of a world that is not a program's, such as a check, in UTC, on every machine. */
export function inUtc<T>(action: () => T): T {
  const restore = pinTimeZone();
  try {
    return action();
  } finally {
    restore();
  }
}
