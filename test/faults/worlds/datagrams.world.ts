/**
 * Two senders of numbered datagrams and a counter. The naive one counts whatever comes, the careful one knows
 * which numbers it has seen and rejects damaged ones.
 */
import { createSocket } from "node:dgram";
import { world } from "lightcone";

export default world("every number counts once", (w) => {
  w.host("counter", ({ always }) => {
    const naive = { last: 0 };
    let counted = 0;
    const seen = new Set<number>();
    const checksum = (text: string): number =>
      [...text].reduce((sum, letter) => (Math.imul(sum, 31) + letter.charCodeAt(0)) | 0, 7);
    createSocket("udp4", (bytes) => {
      const [who, number, sum] = bytes.toString().split(" ");
      if (Number(sum) !== checksum(`${who} ${number}`)) return;
      if (!seen.has(Number(number))) counted++;
      seen.add(Number(number));
      always("careful: every number counts once", counted === seen.size);
    }).bind(7001);
    createSocket("udp4", (bytes) => {
      const [, number] = bytes.toString().split(" ");
      const value = Number(number);
      always("naive: numbers come in order, once", value > naive.last && value <= naive.last + 50, {
        value,
        last: naive.last,
      });
      naive.last = value;
    }).bind(7000);
  });
  for (const who of ["naive", "careful"]) {
    w.host(who, async ({ sleep, host }) => {
      const checksum = (text: string): number =>
        [...text].reduce((sum, letter) => (Math.imul(sum, 31) + letter.charCodeAt(0)) | 0, 7);
      const socket = createSocket("udp4");
      for (let number = 1; ; number++) {
        await sleep(1);
        const text = `${host} ${number}`;
        socket.send(`${text} ${checksum(text)}`, who === "careful" ? 7001 : 7000, "counter");
      }
    });
  }
  w.run("6s", { calm: "1s" });
});
