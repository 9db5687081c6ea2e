/** Keyspace notifications: which events are published, and to which channels (notify.c). */
import { err } from "./errors.ts";
import type { Server } from "./server.ts";

const ALL = "g$lshzxetd";

export class Notifier {
  #classes = "";
  #keyspace = false;
  #keyevent = false;

  /** False if nothing would be published, which is the default. */
  get active(): boolean {
    return this.#classes !== "" && (this.#keyspace || this.#keyevent);
  }

  /** Sets the value of `notify-keyspace-events`. Returns its canonical form. */
  configure(flags: string): string {
    let classes = "";
    let keyspace = false;
    let keyevent = false;
    for (const flag of flags) {
      if (flag === "K") keyspace = true;
      else if (flag === "E") keyevent = true;
      else if (flag === "A") classes += ALL;
      else if (`${ALL}mn`.includes(flag)) classes += flag;
      else throw err("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.");
    }
    this.#classes = classes;
    this.#keyspace = keyspace;
    this.#keyevent = keyevent;
    const all = [...ALL].every((flag) => classes.includes(flag));
    const listed = [...ALL].filter((flag) => classes.includes(flag)).join("");
    const modes = (keyspace ? "K" : "") + (keyevent ? "E" : "");
    const rare = (classes.includes("m") ? "m" : "") + (classes.includes("n") ? "n" : "");
    return (all ? "A" : listed) + modes + rare;
  }

  notify(server: Server, kind: string, event: string, key: string, database: number): void {
    if (!this.#classes.includes(kind)) return;
    if (this.#keyspace) server.pubsub.publish(`__keyspace@${database}__:${key}`, event);
    if (this.#keyevent) server.pubsub.publish(`__keyevent@${database}__:${event}`, key);
  }
}
