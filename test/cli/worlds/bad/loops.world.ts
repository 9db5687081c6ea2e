import { world } from "lightcone";
function spin() {
  for (let i = 0; ; i++) {
    if (i < 0) break;
  }
}
export default world("loops", (w) => {
  w.hosts("worker", 2, async ({ sleep, host }) => {
    await sleep(100);
    if (host === "worker-2") spin();
  });
  w.run("10s");
});
