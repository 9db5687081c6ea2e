import { world } from "lightcone";
export default world("loops", (w) => {
  w.host("a", () => {
    const again = (): void => process.nextTick(again);
    again();
  });
  w.run("10s");
});
