/** What Node's command line says of TLS and of printed values, asked of children as of the real Node. */
import { it } from "vitest";
import { both } from "./arms.ts";

it("sets TLS versions and ciphers, refuses what excludes itself, and has modules in printed values", async () => {
  await both(`
    import { execFile } from "node:child_process";
    const runs = [
      ["-p", "tls.DEFAULT_MIN_VERSION + tls.DEFAULT_MAX_VERSION"],
      ["--tls-min-v1.3", "-p", "tls.DEFAULT_MIN_VERSION"],
      ["--tls-max-v1.2", "-p", "tls.DEFAULT_MAX_VERSION"],
      ["--tls-min-v1.3", "--tls-max-v1.2", "-p", "1"],
      ["--tls-cipher-list=ABC", "-pe", "tls.DEFAULT_CIPHERS + crypto.constants.defaultCipherList"],
      ["-p", "crypto === require('crypto')"],
      ["-p", "var a = 2; a * 3"],
      ["-p", "{ 1; 2 }"],
    ];
    for (const args of runs) {
      await new Promise((done) => execFile(process.execPath, args, (error, stdout, stderr) => {
        console.log(args.join(" "), error?.code, stdout.trim(), stderr.trim().replace(/^\\S*node: /, "node: "));
        done();
      }));
    }`);
});

it("lets neither side begin with a lowest version above the highest", async () => {
  await both(`
    import tls from "node:tls"; import { once } from "node:events";
    const none = { minVersion: "TLSv1.3", maxVersion: "TLSv1.2" };
    for (const [ofServer, ofClient] of [[none, {}], [{}, none]]) {
      const lines = [];
      const server = tls.createServer(ofServer).on("tlsClientError", (error) => lines.push("server " + error.code));
      await once(server.listen(0), "listening");
      const client = tls.connect({ port: server.address().port, rejectUnauthorized: false, ...ofClient });
      client.on("error", (error) => lines.push("client " + error.code));
      const heard = once(server, "tlsClientError");
      await Promise.all([once(client, "close"), heard]);
      server.close();
      console.log(lines.sort().join());
    }`);
});
