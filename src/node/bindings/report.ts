/**
 * `internalBinding('report')`: `process.report`. Packages read from it which C library they run on.
 * Its content describes the host and is the same in every run. What only native code knows (its
 * stack, libuv's handles) is omitted.
 */
import { posix } from "node:path";
import type { Realm } from "../realm-types.ts";

/** A host's C library: that of Debian 12. */
const GLIBC = "2.36";

interface Settings {
  directory: string;
  filename: string;
  signal: string;
  compact: boolean;
  excludeNetwork: boolean;
  excludeEnv: boolean;
  onFatalError: boolean;
  onSignal: boolean;
  onUncaughtException: boolean;
}

/** Creates the binding of one process. */
export function reportBinding(realm: Realm): object {
  const settings: Settings = {
    directory: "",
    filename: "",
    signal: "SIGUSR2",
    compact: false,
    excludeNetwork: false,
    excludeEnv: false,
    onFatalError: false,
    onSignal: false,
    onUncaughtException: false,
  };
  const get =
    <K extends keyof Settings>(name: K) =>
    (): Settings[K] =>
      settings[name];
  const set =
    <K extends keyof Settings>(name: K) =>
    (value: Settings[K]): void => {
      settings[name] = value;
    };
  let written = 0;
  return {
    getDirectory: get("directory"),
    setDirectory: set("directory"),
    getFilename: get("filename"),
    setFilename: set("filename"),
    getSignal: get("signal"),
    setSignal: set("signal"),
    getCompact: get("compact"),
    setCompact: set("compact"),
    getExcludeNetwork: get("excludeNetwork"),
    setExcludeNetwork: set("excludeNetwork"),
    getExcludeEnv: get("excludeEnv"),
    setExcludeEnv: set("excludeEnv"),
    shouldReportOnFatalError: get("onFatalError"),
    setReportOnFatalError: set("onFatalError"),
    shouldReportOnSignal: get("onSignal"),
    setReportOnSignal: set("onSignal"),
    shouldReportOnUncaughtException: get("onUncaughtException"),
    setReportOnUncaughtException: set("onUncaughtException"),
    getReport: (error: unknown) =>
      JSON.stringify(
        contentsOf(realm, settings, { event: "JavaScript API", trigger: "GetReport", error }),
      ),
    writeReport(event: string, trigger: string, file: string | null | undefined, error: unknown) {
      const { pid } = realm.process;
      const stamp = dateOf(realm)
        .toISOString()
        .replaceAll(/[-:]/g, "")
        .replace("T", ".")
        .slice(0, 15);
      const name =
        file ||
        settings.filename ||
        `report.${stamp}.${pid}.0.${String(++written).padStart(3, "0")}.json`;
      const report = contentsOf(realm, settings, { event, trigger, error, filename: name });
      const path = posix.resolve(realm.process.cwd(), settings.directory, name);
      realm
        .require("fs")
        .writeFileSync(path, `${JSON.stringify(report, null, settings.compact ? 0 : 2)}\n`);
      realm.process.stderr.write(
        `\nWriting Node.js report to file: ${name}\nNode.js report completed\n`,
      );
      return name;
    },
  };
}

interface Occasion {
  readonly event: string;
  readonly trigger: string;
  readonly error: unknown;
  readonly filename?: string;
}

function dateOf(realm: Realm): Date {
  return new realm.intrinsics.Date();
}

function contentsOf(realm: Realm, settings: Settings, occasion: Occasion): object {
  const { process } = realm;
  const os = realm.require("os");
  const now = dateOf(realm);
  const [message, ...stack] = String((occasion.error as Error | undefined)?.stack ?? "").split(
    "\n",
  );
  const memory = process.memoryUsage();
  const addresses = Object.entries(os.networkInterfaces() as Record<string, object[]>);
  return {
    header: {
      reportVersion: 3,
      event: occasion.event,
      trigger: occasion.trigger,
      filename: occasion.filename ?? null,
      dumpEventTime: now.toISOString().replace(/\.\d+/, ""),
      dumpEventTimeStamp: String(now.getTime()),
      processId: process.pid,
      threadId: realm.thread?.id ?? 0,
      cwd: process.cwd(),
      commandLine: [process.argv0, ...process.execArgv, ...process.argv.slice(1)],
      nodejsVersion: process.version,
      glibcVersionRuntime: GLIBC,
      glibcVersionCompiler: GLIBC,
      wordSize: 64,
      arch: process.arch,
      platform: process.platform,
      componentVersions: process.versions,
      release: process.release,
      osName: os.type(),
      osRelease: os.release(),
      osVersion: os.version(),
      osMachine: os.machine(),
      cpus: os
        .cpus()
        .map(({ model, speed, times }: { model: string; speed: number; times: object }) => ({
          model,
          speed,
          ...times,
        })),
      networkInterfaces: addresses.flatMap(([name, list]) =>
        list.map((address) => ({ name, ...address })),
      ),
      host: os.hostname(),
    },
    javascriptStack: {
      message,
      stack: stack.map((line) => line.trim()),
      errorProperties: {},
    },
    javascriptHeap: { totalMemory: memory.heapTotal, usedMemory: memory.heapUsed, heapSpaces: {} },
    nativeStack: [],
    resourceUsage: { rss: memory.rss, ...process.resourceUsage() },
    libuv: [],
    workers: [],
    ...(settings.excludeEnv ? {} : { environmentVariables: { ...process.env } }),
    userLimits: {},
    sharedObjects: [],
  };
}
