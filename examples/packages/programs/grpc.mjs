/** @grpc/grpc-js with proto-loader, its .proto file beside it: unary calls, streams, metadata, errors, deadlines. */
import grpc from "@grpc/grpc-js";
import protoLoader from "@grpc/proto-loader";
import { fileURLToPath } from "node:url";
import { host, port, ready, roles, say } from "./roles.mjs";

function load() {
  const file = fileURLToPath(new URL("./beside/calc.proto", import.meta.url));
  return grpc.loadPackageDefinition(protoLoader.loadSync(file)).calc;
}

await roles({
  server() {
    const server = new grpc.Server();
    server.addService(load().Calc.service, {
      double: ({ request, metadata }, reply) => {
        const trailer = new grpc.Metadata();
        trailer.set("seen", String(metadata.get("token")));
        reply(null, { value: request.value * 2 }, trailer);
      },
      count(call) {
        for (let value = 1; value <= call.request.value; value++) call.write({ value });
        call.end();
      },
      sum(call, reply) {
        let value = 0;
        call.on("data", (number) => (value += number.value));
        call.on("end", () => reply(null, { value }));
      },
      echo(call) {
        call.on("data", (number) => call.write(number));
        call.on("end", () => call.end());
      },
      fail: (_call, reply) => reply({ code: grpc.status.NOT_FOUND, details: "no such number" }),
      never() {},
    });
    server.bindAsync(`0.0.0.0:${port}`, grpc.ServerCredentials.createInsecure(), (error) => {
      if (error) throw error;
      ready();
    });
  },
  async client() {
    const { Calc } = load();
    const client = new Calc(`${host}:${port}`, grpc.credentials.createInsecure());
    const metadata = new grpc.Metadata();
    metadata.set("token", "abc");
    const doubled = await new Promise((resolve, reject) => {
      const call = client.double({ value: 21 }, metadata, (error, value) =>
        error ? reject(error) : (resolve.value = value),
      );
      call.on("status", ({ metadata: trailer }) => resolve([resolve.value, trailer.get("seen")]));
    });
    say("double", doubled);
    const counted = [];
    for await (const { value } of client.count({ value: 5 })) counted.push(value);
    say("count", counted);
    const sum = await new Promise((resolve, reject) => {
      const call = client.sum((error, value) => (error ? reject(error) : resolve(value)));
      for (const value of [1, 2, 3, 4]) call.write({ value });
      call.end();
    });
    say("sum", sum);
    const echo = client.echo();
    const echoed = [];
    echo.on("data", ({ value }) => {
      echoed.push(value);
      if (value < 3) echo.write({ value: value + 1 });
      else echo.end();
    });
    echo.write({ value: 1 });
    await new Promise((resolve) => echo.on("end", resolve));
    say("echo", echoed);
    const failed = await new Promise((resolve) => client.fail({}, resolve));
    say("fail", failed.code, failed.details);
    const late = await new Promise((resolve) =>
      client.never({}, { deadline: Date.now() + 3_000 }, (error) => resolve(error)),
    );
    say("deadline", late.code === grpc.status.DEADLINE_EXCEEDED);
    client.close();
  },
});
