/**
 * Requests that a server must not let through: scripts that never end, and lines of HTTP. The same answers from our
 * block and from redis-server.
 */
import { connect } from "node:net";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { arms, noteWithoutReference } from "./support/arms.ts";
import { clientsOf } from "./support/clients.ts";
import type { RawClient } from "./support/raw-client.ts";

const ENDLESS = "while true do end";
const CATCHES_ITS_END = "while true do pcall(function() while true do end end) end";
const BUSY =
  /^-BUSY Redis is busy running a script\. You can only call SCRIPT KILL or SHUTDOWN NOSAVE\./;

/** Asks until the server is busy enough to say so. */
async function untilBusy(client: RawClient): Promise<string> {
  for (;;) {
    const answer = (await client.raw("PING")) as string;
    if (answer !== "+PONG\r\n") return answer;
  }
}

describe.each(arms)("$name, with a script that never ends", ({ start }) => {
  const open = clientsOf(start, { "busy-reply-threshold": "50" });

  it.each([ENDLESS, CATCHES_ITS_END])(
    "answers BUSY to others until it is killed: %s",
    async (script) => {
      const [caller, other] = [await open(), await open()];
      expect(await other.raw("SCRIPT", "KILL")).toMatch(/^-NOTBUSY No scripts in execution/);
      const answer = caller.raw("EVAL", script, "0");
      caller.write("ECHO after\r\n");
      expect(await untilBusy(other)).toMatch(BUSY);
      expect(await other.raw("SET", "a", "1")).toMatch(BUSY);
      expect(await other.raw("FUNCTION", "KILL")).toMatch(BUSY);
      expect(await other.raw("FUNCTION", "STATS")).toMatch(BUSY);
      expect(await other.raw("SHUTDOWN")).toMatch(BUSY);
      expect(await other.raw("MULTI")).toBe("+OK\r\n");
      expect(await other.raw("GET", "a")).toMatch(BUSY);
      expect(await other.raw("DISCARD")).toBe("+OK\r\n");
      expect(await other.raw("SCRIPT", "KILL")).toBe("+OK\r\n");
      expect(await answer).toMatch(
        /^-ERR Script killed by user with SCRIPT KILL\.\.\. script: [0-9a-f]{40}, on @user_script:1\./,
      );
      expect((await caller.next())?.raw).toBe("$5\r\nafter\r\n");
      expect(await other.raw("GET", "a")).toBe("$-1\r\n");
    },
  );

  it("goes on with the transaction that the script was part of", async () => {
    const [caller, other] = [await open(), await open()];
    for (const command of [
      ["MULTI"],
      ["SET", "before", "1"],
      ["EVAL", ENDLESS, "0"],
      ["INCR", "after"],
    ]) {
      await caller.raw(...command);
    }
    const answer = caller.raw("EXEC");
    expect(await untilBusy(other)).toMatch(BUSY);
    expect(await other.raw("SCRIPT", "KILL")).toBe("+OK\r\n");
    expect(await answer).toMatch(/^\*3\r\n\+OK\r\n-ERR Script killed[^\r]*\r\n:1\r\n$/);
    expect(await other.raw("MGET", "before", "after")).toBe("*2\r\n$1\r\n1\r\n$1\r\n1\r\n");
  });

  it("lets a function be killed by its own command, and tells of it", async () => {
    const [caller, other] = [await open(), await open()];
    const code = `#!lua name=endless\nredis.register_function('run', function() ${ENDLESS} end)`;
    expect(await caller.raw("FUNCTION", "LOAD", code)).toBe("$7\r\nendless\r\n");
    const answer = caller.raw("FCALL", "run", "0");
    expect(await untilBusy(other)).toMatch(/You can only call FUNCTION KILL or SHUTDOWN NOSAVE/);
    expect(await other.raw("FUNCTION", "STATS")).toMatch(
      /running_script\r\n\*6\r\n\$4\r\nname\r\n\$3\r\nrun\r\n\$7\r\ncommand\r\n\*3\r\n/,
    );
    expect(await other.raw("SCRIPT", "KILL")).toMatch(/^-BUSY .*FUNCTION KILL/);
    expect(await other.raw("FUNCTION", "KILL")).toBe("+OK\r\n");
    expect(await answer).toMatch(
      /^-ERR Script killed by user with SCRIPT KILL\.\.\. script: run, on @user_function:2\./,
    );
  });

  it("refuses a library whose code does not end", async () => {
    const client = await open();
    expect(await client.raw("FUNCTION", "LOAD", `#!lua name=stuck\n${ENDLESS}`)).toMatch(
      /^-ERR Error registering functions: (ERR )?FUNCTION LOAD timeout/,
    );
    expect(await client.raw("PING")).toBe("+PONG\r\n");
  });

  it("drops a client that sends what a browser would", async () => {
    const client = await open();
    for (const line of ["POST / HTTP/1.1\r\n", "Host: example.org\r\n"]) {
      const socket = connect(client.port, "127.0.0.1");
      let answered = "";
      socket.on("data", (chunk) => (answered += String(chunk)));
      socket.on("error", () => undefined);
      socket.write(`${line}SET by-http 1\r\n`);
      await once(socket, "close");
      expect(answered).toBe("");
    }
    expect(await client.raw("EXISTS", "by-http")).toBe(":0\r\n");
  });
});

// The last test of each server, as it cannot be used any more.
describe.each(arms)("$name, with a script that has written and never ends", ({ start }) => {
  const open = clientsOf(start, { "busy-reply-threshold": "50" });

  it("kills no script that has changed data", async () => {
    const [caller, other] = [await open(), await open()];
    void caller
      .raw("EVAL", "redis.call('SET', 'a', 1) while true do end", "0")
      .catch(() => undefined);
    expect(await untilBusy(other)).toMatch(BUSY);
    expect(await other.raw("SCRIPT", "KILL")).toMatch(
      /^-UNKILLABLE Sorry the script already executed write commands against the dataset\./,
    );
    expect(await other.raw("PING")).toMatch(BUSY);
  });
});

noteWithoutReference("scripts that never end");
