/** The result of a campaign as one JSON object, as `lightcone/explore` returns it. */
import type { Reporter } from "./reporter.ts";

export const json: Reporter = {
  name: "json",
  summary: "the result as one JSON object",
  render: (explored) => `${JSON.stringify(explored, null, 2)}\n`,
};
