import { world } from "lightcone";
export default world("says little", (w) => {
  w.host("a", () => {});
  w.check({ name: "mine", judge: () => ({ result: "violated" }) as never });
  w.run("1s");
});
