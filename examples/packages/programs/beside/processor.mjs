/** The same as an ES module. */
import { readFileSync } from "node:fs";

const words = JSON.parse(readFileSync(new URL("./words.json", import.meta.url), "utf8"));

export default async (job) => `${words.greeting} ${job.data.to}, from a module`;
