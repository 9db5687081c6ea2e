/**
 * Node's command-line options as a simulated process sees them: the defaults, however the real
 * process was started.
 */
import { getDefaultAutoSelectFamilyAttemptTimeout } from "node:net";
import { constants } from "node:crypto";

const table: Record<string, unknown> = {
  "--network-family-autoselection": true,
  "--network-family-autoselection-attempt-timeout": getDefaultAutoSelectFamilyAttemptTimeout(),
  "--dns-result-order": "",
  "--max-http-header-size": 16 * 1024,
  "--insecure-http-parser": false,
  "--unhandled-rejections": "throw",
  "--warnings": true,
  "--deprecation": true,
  "--stack-trace-limit": 10,
  "--experimental-websocket": true,
  "--experimental-eventsource": false,
  "--experimental-fetch": true,
  "--experimental-global-navigator": true,
  "--experimental-global-customevent": true,
  "--experimental-require-module": true,
  "--async-context-frame": true,
  "--input-type": "",
  "--eval": "",
  "--tls-cipher-list": constants.defaultCoreCipherList,
  "--tls-min-v1.0": false,
  "--secure-heap": 0,
  "--heapsnapshot-signal": "",
  "--localstorage-file": "",
  "--diagnostic-dir": "",
  "--disable-warning": [],
  "--redirect-warnings": "",
  "--require": [],
  "--import": [],
  "--conditions": [],
  "--icu-data-dir": "",
  "--es-module-specifier-resolution": "",
  "--force-fips": false,
  "--enable-fips": false,
};

/**
 * Returns the value of an option that a process was started with: `--name=value`, or a bare flag.
 * Returns `undefined` if it is absent.
 */
export function optionFrom(execArgv: readonly string[], name: string): unknown {
  if (execArgv.length === 0) return undefined;
  if (Array.isArray(table[name])) return listFrom(execArgv, name);
  const negated = `--no-${name.slice(2)}`;
  const given = execArgv.findLast(
    (arg) => arg === name || arg === negated || arg.startsWith(`${name}=`),
  );
  if (given === undefined) return undefined;
  if (given === negated) return false;
  if (given === name) {
    return typeof table[name] === "string" ? execArgv[execArgv.lastIndexOf(name) + 1] : true;
  }
  const text = given.slice(name.length + 1);
  return typeof table[name] === "number" ? Number(text) : text;
}

/** Returns the flags that a process was started with: those of NODE_OPTIONS, and then its own. */
export function flagsOf(process: {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly execArgv: readonly string[];
}): readonly string[] {
  const given = splitOptions(process.env["NODE_OPTIONS"]);
  return given.length === 0 ? process.execArgv : [...given, ...process.execArgv];
}

/** Splits `NODE_OPTIONS`: at spaces, except between double quotes, where a backslash takes the next letter. */
export function splitOptions(text = ""): string[] {
  const words = text.match(/(?:[^\s"]|"(?:\\.|[^"\\])*")+/g) ?? [];
  return words.map((word) => {
    return word.replaceAll(/"((?:\\.|[^"\\])*)"/g, (_, quoted: string) => {
      return quoted.replaceAll(/\\(.)/g, "$1");
    });
  });
}

/** Returns the values of a flag that may be repeated, in order; `names` are its long and short forms. */
export function valuesOf(flags: readonly string[], ...names: readonly string[]): string[] {
  return flags.flatMap((flag, at) => {
    if (names.includes(flag)) return flags.slice(at + 1, at + 2);
    const name = names.find((one) => one.startsWith("--") && flag.startsWith(`${one}=`));
    return name === undefined ? [] : [flag.slice(name.length + 1)];
  });
}

/** Returns all values of an option that may be repeated: `--name=value`, or `--name value`. */
function listFrom(execArgv: readonly string[], name: string): string[] | undefined {
  const values = execArgv.flatMap((arg, i) => {
    if (arg.startsWith(`${name}=`)) return [arg.slice(name.length + 1)];
    return arg === name ? execArgv.slice(i + 1, i + 2) : [];
  });
  return values.length > 0 ? values : undefined;
}

/** Environment variables that set an option if no flag does. */
const variables: Readonly<Record<string, string>> = {
  "--redirect-warnings": "NODE_REDIRECT_WARNINGS",
};

/** Returns the value that the environment gives an option, or `undefined`. */
export function optionFromEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  name: string,
): string | undefined {
  const variable = Object.hasOwn(variables, name) ? variables[name] : undefined;
  return variable === undefined ? undefined : env[variable] || undefined;
}

/** Returns the value of a command-line option, or `false` for a flag that is not set. */
export function optionValue(name: string): unknown {
  return Object.hasOwn(table, name) ? table[name] : false;
}
