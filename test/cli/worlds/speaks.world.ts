/** Holds while its host speaks the language of every host, and not that of whoever runs it. */
import { world } from "lightcone";

export default world("hosts speak one language", (w) => {
  w.host("a", ({ always }) => {
    always("a date is written the English way", new Date(0).toLocaleDateString() === "1/1/1970");
    always("so is a number", (1_234.5).toLocaleString() === "1,234.5");
    always("and a letter", "i".toLocaleUpperCase() === "I");
    always("and the zone", String(new Date(0)).endsWith("(Coordinated Universal Time)"));
  });
  w.run("1s");
});
