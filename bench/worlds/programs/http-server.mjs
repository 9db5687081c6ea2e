/** Answers each request with a small body, as the real server of `platform.bench.mjs` does. */
import { createServer } from "node:http";

createServer((request, response) => {
  request.resume();
  response.end("hello");
}).listen(80);
