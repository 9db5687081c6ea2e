/** Names of hosts, as programs look them up. */
import { describe, expect, test } from "vitest";
import { simulate } from "../../src/node/index.ts";
import { makeWorld, type Scope, start } from "./arms.ts";

type World = ReturnType<typeof makeWorld<"a" | "b">>;

/** Runs a program on host a, beside host b; gives the lines that it notes. */
async function onA(
  program: (scope: Omit<Scope, "log" | "done">, log: Scope["log"]) => void,
  prepare: (world: World) => void = () => {},
): Promise<string[]> {
  const lines: string[] = [];
  await simulate(() => {
    const world = makeWorld(1, "a", "b");
    prepare(world);
    start(world.hosts.a, (scope) =>
      program(scope, (...words) => {
        const ms = Math.round(world.kernel.nowNs / 1e6);
        const shown = words.map((word) =>
          word instanceof Error ? word.message : JSON.stringify(word),
        );
        lines.push(`${ms} ${shown.join(" ")}`);
      }),
    );
    world.kernel.run(120e9);
  });
  return lines;
}

describe("lookup", () => {
  test("finds hosts by name, whatever the case", async () => {
    const lines = await onA(({ dns }, log) => {
      dns.lookup("b", (error, address, family) => log(error, address, family));
      dns.lookup("B.", { all: true }, (error, addresses) => log(error, addresses));
    });
    expect(lines).toEqual(['0 null "10.0.0.2" 4', '0 null [{"address":"10.0.0.2","family":4}]']);
  });

  test("offers IPv6 to those who ask for it", async () => {
    const lines = await onA(({ dns }, log) => {
      dns.lookup("b", 6, (error, address, family) => log(error, address, family));
      dns.lookup("localhost", 6, (error, address) => log(error, address));
    });
    expect(lines).toEqual(['0 null "fd00::2" 6', '0 null "::1"']);
  });

  test("fails for names that nobody has, and gives up where nobody answers", async () => {
    const unknown = await onA(({ dns }, log) => {
      dns.lookup("nobody", (error) => log(error));
    });
    expect(unknown).toEqual(["0 getaddrinfo ENOTFOUND nobody"]);
    const silent = await onA(
      ({ dns }, log) => {
        dns.lookup("b", (error) => log(error));
        dns.resolve4("b", (error) => log(error));
        dns.lookup("localhost", (error, address) => log(error, address));
      },
      ({ network, hosts }) => network.names.setSilent(hosts.a, true),
    );
    expect(silent).toEqual([
      '0 null "127.0.0.1"',
      "10000 getaddrinfo EAI_AGAIN b",
      "20000 queryA ETIMEOUT b",
    ]);
  });

  test("one host may be told something else than the others", async () => {
    const lines = await onA(
      ({ dns }, log) => dns.lookup("b", (error, address) => log(error, address)),
      ({ network, hosts }) => network.names.override(hosts.a, "b", ["10.0.0.77"]),
    );
    expect(lines).toEqual(['0 null "10.0.0.77"']);
  });
});

describe("resolve", () => {
  test("knows addresses, names of addresses, and what there is not", async () => {
    const lines = await onA(({ dns }, log) => {
      dns.resolve4("b", { ttl: true }, (error, records) => log(error, records));
      dns.resolve6("b", (error, records) => log(error, records));
      dns.reverse("10.0.0.2", (error, names) => log(error, names));
      dns.resolveMx("b", (error) => log(error));
      dns.resolve4("nobody", (error) => log(error));
      dns.lookupService("10.0.0.2", 443, (error, name, service) => log(error, name, service));
    });
    expect([...lines].sort()).toEqual([
      '0 null "b" "https"',
      '1 null ["b"]',
      '1 null ["fd00::2"]',
      '1 null [{"address":"10.0.0.2","ttl":60}]',
      "1 queryA ENOTFOUND nobody",
      "1 queryMx ENODATA b",
    ]);
  });

  test("asks the servers that it was given, over the network", async () => {
    const lines = await onA(
      ({ dns }, log) => {
        const resolver = new dns.Resolver({ timeout: 1_000, tries: 2 });
        resolver.setServers(["10.0.0.2:53"]);
        resolver.resolve4("example.com", (error, addresses) => {
          log(error, addresses);
          resolver.setServers(["10.0.0.2:54"]);
          resolver.resolve4("example.com", (failure) => log(failure));
        });
      },
      ({ hosts }) =>
        start(hosts.b, ({ dgram, Buffer }) => {
          const server = dgram.createSocket("udp4");
          server.on("message", (query, { port, address }) => {
            // The question again, and one A record that points at its name.
            const header = Buffer.from([query[0]!, query[1]!, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0]);
            const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 192, 0, 2, 7]);
            server.send([header, query.subarray(12), record], port, address);
          });
          server.bind(53);
        }),
    );
    expect(lines).toEqual(['1 null ["192.0.2.7"]', "3 queryA ECONNREFUSED example.com"]);
  });
});
