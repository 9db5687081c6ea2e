/**
 * The rule language of ACL SETUSER: `on`, `>password`, `~key:*`, `+@read`, `(...)`. Applies rules.
 */
import { hashPassword, Selector, type User } from "./acl-user.ts";
import type { Command } from "./command.ts";
import { categories, factsOf } from "./command-facts.ts";
import { err } from "./errors.ts";
import type { Server } from "./server.ts";

const ALREADY_ALL = (flag: string, reset: string, what: string): string =>
  `Adding a pattern after the * pattern (or the '${flag}' flag) is not valid and does not have any effect. Try '${reset}' to start with an empty list of ${what}`;
const UNKNOWN = "Unknown command or category name in ACL";
const SYNTAX = "Syntax error";

/** Thrown for an invalid rule. The message describes the problem. */
export class RuleError extends Error {}

/** Returns a command or subcommand by its full name, such as `config|get`. */
export function commandOf(server: Server, fullName: string): Command | undefined {
  const [name = "", sub, more] = fullName.toLowerCase().split("|");
  if (more !== undefined) return undefined;
  const command = server.commands.get(name);
  return sub === undefined ? command : command?.subcommands?.get(sub);
}

/** Returns all commands and subcommands of a category. */
export function commandsOf(server: Server, category: string): Command[] {
  const all = server.commands.all().flatMap((one) => [one, ...(one.subcommands?.values() ?? [])]);
  return all.filter(({ name }) => factsOf(name).categories.includes(category));
}

function allow(selector: Selector, command: Command, allowed: boolean): void {
  const { name, subcommands } = command;
  if (allowed) selector.commands.add(name);
  else selector.commands.delete(name);
  selector.firstArgs.delete(name);
  for (const sub of subcommands?.values() ?? []) allow(selector, sub, allowed);
  if (!allowed) selector.allCommands = false;
}

function allowCategory(server: Server, selector: Selector, category: string, allowed: boolean) {
  const name = category.toLowerCase();
  if (!categories.includes(name)) throw new RuleError(UNKNOWN);
  if (!allowed) expand(server, selector);
  for (const command of commandsOf(server, name)) {
    if (allowed) selector.commands.add(command.name);
    else selector.commands.delete(command.name);
    selector.firstArgs.delete(command.name);
  }
  if (!allowed) selector.allCommands = false;
}

/**
 * Lists the allowed commands one by one, so that single commands can be removed from "all
 * commands".
 */
function expand(server: Server, selector: Selector): void {
  if (!selector.allCommands) return;
  selector.allCommands = false;
  for (const command of server.commands.all()) allow(selector, command, true);
}

function addCommand(server: Server, selector: Selector, name: string): void {
  const bar = name.lastIndexOf("|");
  if (bar < 0) {
    const command = commandOf(server, name);
    if (!command) throw new RuleError(UNKNOWN);
    allow(selector, command, true);
    return;
  }
  const command = commandOf(server, name.slice(0, bar));
  const sub = name.slice(bar + 1).toLowerCase();
  if (!command) throw new RuleError(UNKNOWN);
  if (command.name.includes("|")) {
    throw new RuleError("Allowing first-arg of a subcommand is not supported");
  }
  if (sub === "") throw new RuleError(SYNTAX);
  if (command.subcommands) {
    const found = command.subcommands.get(sub);
    if (!found) throw new RuleError(UNKNOWN);
    allow(selector, found, true);
    return;
  }
  const words = selector.firstArgs.get(command.name);
  if (words) words.add(sub);
  else selector.firstArgs.set(command.name, new Set([sub]));
}

function removeCommand(server: Server, selector: Selector, name: string): void {
  const command = commandOf(server, name);
  if (!command) throw new RuleError(UNKNOWN);
  expand(server, selector);
  allow(selector, command, false);
}

function addKeyPattern(selector: Selector, rule: string): void {
  if (selector.allKeys) throw new RuleError(ALREADY_ALL("allkeys", "resetkeys", "patterns"));
  const match = /^(?:~|%([RW]{1,2})~)([^]*)$/i.exec(rule);
  const letters = match?.[1]?.toUpperCase();
  const pattern = match?.[2] as string;
  if (!match || letters === "RR" || letters === "WW" || /[\s\0]/.test(pattern)) {
    throw new RuleError(SYNTAX);
  }
  const fresh = {
    pattern,
    read: letters === undefined || letters.includes("R"),
    write: letters === undefined || letters.includes("W"),
  };
  const at = selector.keys.findIndex((one) => one.pattern === pattern);
  const old = selector.keys[at];
  if (old === undefined) selector.keys.push(fresh);
  else {
    selector.keys[at] = { pattern, read: old.read || fresh.read, write: old.write || fresh.write };
  }
}

function addChannel(selector: Selector, pattern: string): void {
  if (selector.allChannels) {
    throw new RuleError(ALREADY_ALL("allchannels", "resetchannels", "channels"));
  }
  if (/[\s\0]/.test(pattern)) throw new RuleError(SYNTAX);
  if (!selector.channels.includes(pattern)) selector.channels.push(pattern);
}

/** Applies a rule about commands, keys or channels to a selector. */
function applyToSelector(server: Server, selector: Selector, rule: string): void {
  switch (rule.toLowerCase()) {
    case "allkeys":
    case "~*":
      selector.allKeys = true;
      selector.keys = [];
      return;
    case "resetkeys":
      selector.allKeys = false;
      selector.keys = [];
      return;
    case "allchannels":
    case "&*":
      selector.allChannels = true;
      selector.channels = [];
      return;
    case "resetchannels":
      selector.allChannels = false;
      selector.channels = [];
      return;
    case "allcommands":
    case "+@all":
    case "nocommands":
    case "-@all":
      selector.allCommands = /^(all|\+)/i.test(rule);
      selector.commands.clear();
      selector.firstArgs.clear();
      return;
    default:
  }
  if (/^[~%]/.test(rule)) addKeyPattern(selector, rule);
  else if (rule.startsWith("&")) addChannel(selector, rule.slice(1));
  else if (/^[+-]@/.test(rule)) {
    allowCategory(server, selector, rule.slice(2), rule.startsWith("+"));
  } else if (rule.startsWith("+")) addCommand(server, selector, rule.slice(1));
  else if (rule.startsWith("-")) removeCommand(server, selector, rule.slice(1));
  else throw new RuleError(SYNTAX);
}

const HASH = /^[0-9a-f]{64}$/;

function passwordOf(rule: string): string {
  if (rule.startsWith(">") || rule.startsWith("<")) return hashPassword(rule.slice(1));
  if (HASH.test(rule.slice(1))) return rule.slice(1);
  throw new RuleError(
    "The password hash must be exactly 64 characters and contain only lowercase hexadecimal characters",
  );
}

/** Applies one rule to a user. Throws {@link RuleError}. */
export function applyRule(server: Server, user: User, rule: string): void {
  if (rule === "") return;
  const word = rule.toLowerCase();
  if (word === "on" || word === "off") user.enabled = word === "on";
  else if (word === "skip-sanitize-payload") user.skipSanitize = true;
  else if (word === "sanitize-payload") user.skipSanitize = false;
  else if (word === "nopass" || word === "resetpass") {
    user.noPassword = word === "nopass";
    user.passwords = [];
  } else if (/^[>#]/.test(rule)) {
    const password = passwordOf(rule);
    if (!user.passwords.includes(password)) user.passwords.push(password);
    user.noPassword = false;
  } else if (/^[<!]/.test(rule)) {
    const at = user.passwords.indexOf(passwordOf(rule));
    if (at < 0) {
      throw new RuleError("The password you are trying to remove from the user does not exist");
    }
    user.passwords.splice(at, 1);
  } else if (/^\([^]*\)$/.test(rule)) {
    const selector = new Selector();
    for (const part of rule.slice(1, -1).split(" ")) {
      if (part !== "") applyToSelector(server, selector, part);
    }
    user.selectors.push(selector);
  } else if (word === "clearselectors") user.selectors = [];
  else if (word === "reset") {
    for (const one of ["resetpass", "resetkeys", "resetchannels", "off", "sanitize-payload"]) {
      applyRule(server, user, one);
    }
    if (server.config.get("acl-pubsub-default") === "allchannels") {
      applyRule(server, user, "allchannels");
    }
    applyRule(server, user, "clearselectors");
    applyRule(server, user, "-@all");
  } else applyToSelector(server, user.root, rule);
}

/** Joins the words of parenthesised selectors that were passed as several arguments. */
export function mergeSelectors(words: readonly string[]): string[] {
  const out: string[] = [];
  let open: string | undefined;
  let openWord = "";
  for (const word of words) {
    if (open === undefined && word.startsWith("(") && !word.endsWith(")")) {
      open = word;
      openWord = word;
    } else if (open !== undefined) {
      open += ` ${word}`;
      if (word.endsWith(")")) {
        out.push(open);
        open = undefined;
      }
    } else out.push(word);
  }
  if (open !== undefined) {
    throw err(`Unmatched parenthesis in acl selector starting at '${openWord}'.`);
  }
  return out;
}
