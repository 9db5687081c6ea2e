/** docs/command-line.md is what the commands say of themselves. `npx vitest run test/docs -u` writes it. */
import { readdirSync } from "node:fs";
import { expect, it } from "vitest";
import type { Command } from "../../src/cli/command.ts";

const ORDER = [
  "demo",
  "init",
  "run",
  "explore",
  "replay",
  "cause",
  "findings",
  "view",
  "check",
  "serve",
];

it("has every command, as its --help prints it", async () => {
  const names = readdirSync("src/cli/commands").map((file) => file.replace(/\.ts$/, ""));
  const ordered = [...ORDER, ...names.filter((name) => !ORDER.includes(name))];
  expect(ordered.toSorted()).toEqual(names.toSorted());
  let page = `# Command line

\`npx lightcone COMMAND\`. Exit code: 0 held, 1 violated, 2 could not run ([errors](errors.md)).
`;
  for (const name of ordered) {
    const { command } = (await import(`../../src/cli/commands/${name}.ts`)) as { command: Command };
    page += `\n## ${name}\n\n\`\`\`text\n${command.usage.trim()}\n\`\`\`\n`;
  }
  await expect(page).toMatchFileSnapshot("../../docs/command-line.md");
});
