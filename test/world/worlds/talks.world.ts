/** A program that prints, and dies of what it throws. */
import { world } from "lightcone";
export default world("nobody dies", (w) => {
  w.host("a", async ({ sleep }) => {
    console.log("hello\nworld");
    console.error("!");
    await sleep(100);
    throw new Error("boom");
  });
  w.run("1s");
});
