/** The time server: packets as RFC 5905 has them, a client in a world, and a client from Debian on a real socket. */
import { execFile, spawnSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import * as blocks from "../../src/blocks/index.ts";
import { readPacket, writePacket } from "../../src/blocks/ntp/packet.ts";
import { start } from "../../src/blocks/ntp/start.ts";
import { loadWorld } from "../../src/world/load.ts";
import { runWorld } from "../../src/world/run.ts";
import type { Check } from "../../src/world/types.ts";

const folder = join("node_modules", ".cache", `lightcone-ntp-${process.pid}`);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("a packet", () => {
  it("has its fields where RFC 5905 has them", () => {
    const packet = {
      ...{ leap: 1, version: 4, mode: 4, stratum: 1, poll: 6, precision: -20 },
      ...{ rootDelayMs: 500, rootDispersionMs: 250, reference: "GPS" },
      ...{ referenceMs: 1_000, originMs: 0, receiveMs: 1_500.5, transmitMs: 1_767_225_600_250 },
    };
    const bytes = writePacket(packet);
    expect(bytes.toString("hex").match(/.{8}/g)).toEqual([
      ...["640106ec", "00008000", "00004000", "47505300"],
      // 1970 is 2,208,988,800 seconds after 1900.
      ...["83aa7e81", "00000000", "00000000", "00000000"],
      ...["83aa7e81", "8020c49c", "ed003780", "40000000"],
    ]);
    const read = readPacket(bytes);
    expect(read).toMatchObject({ leap: 1, version: 4, mode: 4, reference: "GPS", originMs: 0 });
    expect(read?.receiveMs).toBeCloseTo(1_500.5, 4);
    expect(read?.transmitMs).toBe(1_767_225_600_250);
    expect(readPacket(bytes.subarray(1))).toBeUndefined();
  });
});

const questions = `
  import { createSocket } from "node:dgram";
  import { once } from "node:events";
  import { ntp } from "lightcone/blocks";
  import { world } from "lightcone";

  export default world("a client learns how wrong its clock is", (w) => {
    w.host("time", ntp({ errorMs: 2 }));
    w.host("client", async ({ op, sleep }) => {
      const seconds = (bytes, at) =>
        bytes.readUInt32BE(at) - 2_208_988_800 + bytes.readUInt32BE(at + 4) / 2 ** 32;
      const socket = createSocket("udp4").bind();
      for (;;) {
        await op("ask", async () => {
          const question = Buffer.alloc(48);
          question[0] = 0x23;
          question.write("whatever", 40);
          const asked = Date.now();
          socket.send(question, 123, "time");
          const [answer] = await once(socket, "message");
          const answered = Date.now();
          if (answer.toString("latin1", 24, 32) !== "whatever") throw new Error("not mine");
          const [receive, transmit] = [seconds(answer, 32) * 1e3, seconds(answer, 40) * 1e3];
          return Math.round((receive - asked + transmit - answered) / 2);
        });
        await sleep("1s");
      }
    });
    w.faults(w.clock("client", { how: "step" }));
    w.run("6s", { calm: "1s" });
  });`;

describe("in a world", () => {
  it("a client that is a second ahead learns it, and the error of the server", async () => {
    mkdirSync(folder, { recursive: true });
    const path = join(folder, "ntp.world.ts");
    writeFileSync(path, questions);
    const world = await loadWorld(path, { "lightcone/blocks": blocks });
    const schedule = [
      {
        kind: "clock-step",
        targets: ["client"],
        startNs: 2_500_000_000,
        durationNs: 2_000_000_000,
        params: { stepNs: 1_000_000_000 },
      },
    ];
    const offsets: number[] = [];
    const listens: Check = {
      name: "offsets",
      judge({ history }) {
        for (const { output } of history.operations) offsets.push(Number(output));
        return true;
      },
    };
    const listened = { ...world, plan: { ...world.plan, checks: [listens] } };
    const { verdict } = await runWorld(listened, { seed: 1, schedule });
    expect(verdict).toBe("held");
    const near = offsets.map((ms) => (ms < -500 ? ms + 1_000 : ms));
    for (const ms of near) expect(Math.abs(ms - 2)).toBeLessThanOrEqual(1);
    expect(offsets.map((ms) => ms < -500)).toEqual([false, false, false, true, true, false]);
  });
});

describe("on a real socket", () => {
  it("answers a client with the client's own time, and nobody else", async () => {
    const server = await start(["--port=0", "--host=127.0.0.1", "--reference=host"]);
    const socket = createSocket("udp4");
    const question = Buffer.alloc(48);
    question[0] = 0x23;
    question.write("whatever", 40);
    const heard = once(socket, "message");
    // The answer of a server is no question.
    socket.send(Buffer.alloc(48, 0x24), server.port, "127.0.0.1");
    socket.send(question, server.port, "127.0.0.1");
    const [answer] = (await heard) as [Buffer];
    expect(answer.toString("latin1", 24, 32)).toBe("whatever");
    expect(readPacket(answer)).toMatchObject({
      mode: 4,
      version: 4,
      stratum: 1,
      reference: "LOCL",
    });
    socket.close();
    server.end();
  });

  const chronyd = process.env["CHRONYD"] ?? "chronyd";
  const hasChrony = spawnSync(chronyd, ["--version"]).error === undefined;
  it.runIf(hasChrony)(
    "tells chrony that this machine's clock is right, or 300 ms wrong",
    async () => {
      for (const [argument, least, most] of [
        ["--error=0", 0, 0.1],
        ["--error=300", 0.2, 0.4],
      ] as const) {
        const server = await start(["--port=0", "--host=127.0.0.1", argument]);
        const config = `server 127.0.0.1 port ${server.port} iburst`;
        // It may end with a code: it wants to set the clock, and is not asked to.
        const own = `user ${userInfo().username}`;
        const args = [
          "-Q",
          "-U",
          "-t",
          "20",
          config,
          own,
          `pidfile ${join(tmpdir(), `lightcone-chrony-${process.pid}`)}`,
          "bindcmdaddress /",
        ];
        const { stderr, stdout } = await promisify(execFile)(chronyd, args).catch(
          (error: { stderr: string; stdout: string }) => error,
        );
        server.end();
        const [, wrong] = /System clock wrong by (-?[\d.]+) seconds/.exec(stdout + stderr) ?? [];
        expect(Math.abs(Number(wrong)), stdout + stderr).toBeGreaterThanOrEqual(least);
        expect(Math.abs(Number(wrong))).toBeLessThan(most);
      }
    },
  );
});
