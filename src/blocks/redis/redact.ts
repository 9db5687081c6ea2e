/** Removes secrets from arguments, for SLOWLOG and MONITOR. */
import type { Command } from "./command.ts";

const HIDDEN = "(redacted)";
const secretSettings = new Set(["masteruser", "masterauth", "requirepass", "tls-key-file-pass"]);

/** Returns the arguments as they may be logged. */
export function redacted(command: Command, args: readonly string[]): readonly string[] {
  switch (command.name) {
    case "auth":
      return args.map((arg, at) => (at === 0 ? arg : HIDDEN));
    case "acl|setuser":
    case "acl|deluser":
      return args.map((arg, at) => (at < 2 ? arg : HIDDEN));
    case "config|set":
      return args.map((arg, at) => {
        const isSecret =
          at > 2 && at % 2 === 1 && secretSettings.has(args[at - 1]?.toLowerCase() ?? "");
        return isSecret ? HIDDEN : arg;
      });
    case "hello": {
      const at = args.findIndex((arg) => arg.toUpperCase() === "AUTH");
      return at < 0
        ? args
        : args.map((arg, place) => (place > at && place <= at + 2 ? HIDDEN : arg));
    }
    default:
      return args;
  }
}
