/** A transport of one's own: each line in capitals. */
import { appendFileSync } from "node:fs";
import { Writable } from "node:stream";

export default ({ destination }) =>
  new Writable({
    write(chunk, _encoding, done) {
      appendFileSync(destination, String(chunk).toUpperCase());
      done();
    },
  });
