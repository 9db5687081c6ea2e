/** `lightcone serve`: runs a block on a real socket. */
import { LightconeError } from "../../base/errors.ts";
import type { Command } from "../command.ts";

export const command: Command = {
  summary: "run a block",
  usage: "lightcone serve BLOCK",
  run: () => Promise.reject(new LightconeError("LC_USAGE", "not built yet")),
};
