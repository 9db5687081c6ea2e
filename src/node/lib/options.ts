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
  const given = execArgv.findLast((arg) => arg === name || arg.startsWith(`${name}=`));
  if (given === undefined) return undefined;
  if (given === name) return typeof table[name] === "string" ? undefined : true;
  const text = given.slice(name.length + 1);
  return typeof table[name] === "number" ? Number(text) : text;
}

/** Returns the value of a command-line option, or `false` for a flag that is not set. */
export function optionValue(name: string): unknown {
  return Object.hasOwn(table, name) ? table[name] : false;
}
