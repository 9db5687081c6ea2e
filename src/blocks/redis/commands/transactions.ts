/** MULTI and its company, as rows of the table; they are implemented where commands are dispatched. */
import type { CommandTable } from "../command.ts";
import { discard, exec, multi, unwatch, watch } from "../dispatch.ts";

export const transactions: CommandTable = {
  multi: [multi, 1, "sltF"],
  exec: [exec, 1, "slt"],
  discard: [discard, 1, "sltF"],
  watch: [watch, -2, "sltF", 1, -1, 1],
  unwatch: [unwatch, 1, "sltF"],
};
