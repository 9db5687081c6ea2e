/** Records an operation, twice, or one that does not end. */
import { always, op, simulated } from "lightcone/probe";

const [what = ""] = process.argv.slice(2);
always("the child knows that it is simulated", simulated);
if (what === "waits for ever") {
  setInterval(() => {}, 1000);
  await op(what, () => new Promise(() => {}));
}
await op(what, () => new Promise((done) => setTimeout(done, 10)));
await op(what, () => "again");
process.exit(0);
