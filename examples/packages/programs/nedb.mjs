/** nedb (@seald-io): documents in a file, indexes, compaction, and loading it again. */
import Datastore from "@seald-io/nedb";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ready, roles, say } from "./roles.mjs";

await roles({
  server: () => {
    setInterval(() => {}, 1e6);
    ready();
  },
  async client() {
    const filename = join(mkdtempSync(join(tmpdir(), "nedb-")), "people.db");
    const db = new Datastore({ filename });
    await db.loadDatabaseAsync();
    await db.ensureIndexAsync({ fieldName: "name", unique: true });
    await db.insertAsync([
      { _id: "1", name: "ada", born: 1815 },
      { _id: "2", name: "alan", born: 1912 },
    ]);
    say("double", (await db.insertAsync({ name: "ada" }).catch((error) => error)).errorType);
    await db.updateAsync({ name: "alan" }, { $set: { field: "computing" }, $inc: { born: 0 } });
    say("find", await db.findAsync({ born: { $lt: 1900 } }));
    say("lines before", readFileSync(filename, "utf8").trim().split("\n").length);
    await db.compactDatafileAsync();
    say("lines after", readFileSync(filename, "utf8").trim().split("\n").length);
    const again = new Datastore({ filename });
    await again.loadDatabaseAsync();
    say(
      "again",
      (await again.findAsync({}).sort({ name: 1 })).map(({ name }) => name),
    );
    await again.removeAsync({}, { multi: true });
    say("left", await again.countAsync({}), existsSync(filename));
    rmSync(dirname(filename), { recursive: true });
  },
});
