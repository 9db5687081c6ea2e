/** The reporters by the word on the command line. */
import { github } from "./github.ts";
import { json } from "./json.ts";
import { junit } from "./junit.ts";
import { markdown } from "./markdown.ts";
import type { Reporter } from "./reporter.ts";

export const reporters: readonly Reporter[] = [junit, github, markdown, json];
