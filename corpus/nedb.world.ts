/**
 * nedb 1.4.0 rewrites its file by renaming a new one over it, and syncs neither (louischatriot/nedb#265; mended
 * in 1.5.1). Its README promises a "crash-safe" file. Here twenty documents have reached the disk, synced with all
 * names, before the database is first opened; a power loss may take newer ones, but not these.
 */
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, writeFileSync } from "node:fs";
import { world } from "lightcone";
import Datastore from "nedb";

const FILE = "/data/customers.db";
const CUSTOMERS = 20;

export default world("customers that were on disk are still there", (w) => {
  const app = w.host("app", async ({ op, always, sleep, random }) => {
    if (!existsSync("/data/imported")) importCustomers();
    const db = new Datastore({ filename: FILE });
    await op("load", "customers", () => promised((done) => db.loadDatabase(done)));
    for (let n = 0; ; n++) {
      const found = await op("count", "customers", () => {
        return promised((done) => db.count({ kind: "customer" }, done));
      });
      always("all customers are there", found === CUSTOMERS, { found });
      await op("insert", `order-${n}`, () =>
        promised((done) => db.insert({ kind: "order", n }, done)),
      );
      // The database's own advice: have it rewrite its file now and then.
      if (n % 10 === 9) db.persistence.compactDatafile();
      await sleep(random.integer(20, 500));
    }
  });
  w.faults(w.crash(app, { how: "machine", lasts: "100ms..2s" }));
  w.run("60s");
});

/** Writes the customers as nedb stores them, and syncs file and folders. */
function importCustomers(): void {
  mkdirSync("/data", { recursive: true });
  const customers = Array.from({ length: CUSTOMERS }, (_, n) => ({
    _id: `c${n}`,
    kind: "customer",
  }));
  writeFileSync(FILE, customers.map((one) => `${JSON.stringify(one)}\n`).join(""));
  sync(FILE);
  writeFileSync("/data/imported", "");
  for (const name of ["/data/imported", "/data", "/"]) sync(name);
}

function sync(name: string): void {
  const file = openSync(name, "r");
  fsyncSync(file);
  closeSync(file);
}

function promised(call: (done: (error: Error | null, answer?: unknown) => void) => void) {
  return new Promise((resolve, reject) => {
    call((error, answer) => (error ? reject(error) : resolve(answer)));
  });
}
