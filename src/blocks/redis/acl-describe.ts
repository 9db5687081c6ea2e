/** Describes users as ACL LIST does: with rules that would create the same user again (acl.c). */
import { type Selector, type User } from "./acl-user.ts";
import { categories, factsOf } from "./command-facts.ts";
import type { Command } from "./command.ts";
import type { Server } from "./server.ts";

function everyCommand(server: Server): Command[] {
  return server.commands.all().flatMap((one) => [one, ...(one.subcommands?.values() ?? [])]);
}

/** The commands of a selector as rules: categories where possible, then single commands. */
export function describeCommands(server: Server, selector: Selector): string {
  if (selector.allCommands) return "+@all";
  const all = everyCommand(server);
  const additive = !(selector.commands.size > all.length / 2 && allowsMost(server, selector));
  const words = [additive ? "-@all" : "+@all"];
  const made = new Set<string>(additive ? [] : all.map(({ name }) => name));
  const rest = new Set(selector.commands);
  for (;;) {
    const best = bestCategory(all, rest, words, additive);
    if (best === undefined) break;
    words.push(`${additive ? "+" : "-"}@${best}`);
    for (const { name } of all) {
      if (!factsOf(name).categories.includes(best)) continue;
      if (additive) {
        made.add(name);
        rest.delete(name);
      } else {
        made.delete(name);
        rest.add(name);
      }
    }
  }
  for (const command of server.commands.all()) describeSingle(selector, command, made, words);
  for (const [name, firsts] of selector.firstArgs) {
    for (const first of firsts) words.push(`+${name}|${first}`);
  }
  return words.join(" ");
}

/** Redis starts from all commands if the user would be allowed commands that do not exist yet. */
function allowsMost({ commands }: Server, selector: Selector): boolean {
  const names = commands.names();
  return names.filter((name) => selector.commands.has(name)).length * 2 > names.length;
}

function bestCategory(
  all: readonly Command[],
  rest: ReadonlySet<string>,
  words: readonly string[],
  additive: boolean,
): string | undefined {
  let best: string | undefined;
  let fewest = Infinity;
  let most = 0;
  for (const category of categories) {
    if (words.includes(`${additive ? "+" : "-"}@${category}`)) continue;
    let same = 0;
    let different = 0;
    for (const { name } of all) {
      if (!factsOf(name).categories.includes(category)) continue;
      if (rest.has(name) === additive) same++;
      else different++;
    }
    if (same <= different) continue;
    if (different < fewest || (different === fewest && same > most)) {
      best = category;
      fewest = different;
      most = same;
    }
  }
  return best;
}

function describeSingle(
  selector: Selector,
  command: Command,
  made: Set<string>,
  words: string[],
): void {
  const wanted = selector.commands.has(command.name);
  if (made.has(command.name) !== wanted) {
    words.push(`${wanted ? "+" : "-"}${command.name}`);
    for (const { name } of [command, ...(command.subcommands?.values() ?? [])]) {
      if (wanted) made.add(name);
      else made.delete(name);
    }
  }
  for (const sub of command.subcommands?.values() ?? []) describeSingle(selector, sub, made, words);
}

/** The keys of a selector, as rules. */
export function describeKeys(selector: Selector): string {
  if (selector.allKeys) return "~*";
  return selector.keys
    .map(({ pattern, read, write }) =>
      read && write ? `~${pattern}` : `%${read ? "R" : "W"}~${pattern}`,
    )
    .join(" ");
}

export function describeChannels(selector: Selector): string {
  return selector.allChannels ? "&*" : selector.channels.map((one) => `&${one}`).join(" ");
}

function describeSelector(server: Server, selector: Selector): string {
  const channels = describeChannels(selector);
  const parts = [
    describeKeys(selector),
    ...(selector.allChannels ? [] : ["resetchannels"]),
    channels,
    describeCommands(server, selector),
  ];
  return parts.filter((part) => part !== "").join(" ");
}

/** A user's flags, as ACL GETUSER lists them. */
export function userFlags(user: User): string[] {
  const flags = [user.enabled ? "on" : "off"];
  if (user.noPassword) flags.push("nopass");
  if (user.skipSanitize) flags.push("skip-sanitize-payload");
  return flags;
}

/** Returns all of a user's rules in one line. */
export function describeUser(server: Server, user: User): string {
  return [
    ...userFlags(user),
    ...user.passwords.map((password) => `#${password}`),
    describeSelector(server, user.root),
    ...user.selectors.map((selector) => `(${describeSelector(server, selector)})`),
  ].join(" ");
}
