/**
 * MULTI, EXEC and related commands, as rows of the table. They are implemented in the dispatcher.
 */
import type { CommandTable } from "../command.ts";
import { discard, exec, multi, unwatch, watch } from "../dispatch.ts";

export const transactions: CommandTable = {
  multi: [multi, 1, "sltF"],
  exec: [exec, 1, "slt"],
  discard: [discard, 1, "sltF"],
  watch: [watch, -2, "sltF", 1, -1, 1],
  unwatch: [unwatch, 1, "sltF"],
};
