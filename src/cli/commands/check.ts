/** `lightcone check`: judges recorded histories. */
import { LightconeError } from "../../base/errors.ts";
import type { Command } from "../command.ts";

export const command: Command = {
  summary: "judge a recorded history",
  usage: "lightcone check FILE... --model M",
  run: () => Promise.reject(new LightconeError("LC_USAGE", "not built yet")),
};
