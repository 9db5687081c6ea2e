/**
 * What a Redis server owes its clients, as stories. Each runs against our block and, where it is installed,
 * against the real server: the expectations are the real server's.
 */
import { beforeEach, describe, expect, it } from "vitest";
import { arms, noteWithoutReference } from "./support/arms.ts";
import { clientsOf } from "./support/clients.ts";
import type { RawClient } from "./support/raw-client.ts";

noteWithoutReference("only our own arm runs");

describe.each(arms)("$name", ({ start }) => {
  const open = clientsOf(start);
  let redis: RawClient;

  beforeEach(async () => {
    redis = await open();
    await redis.call("FLUSHALL");
  });

  /** Sends command lines, words apart by spaces, and gives the raw replies. */
  async function say(client: RawClient, ...lines: string[]): Promise<string[]> {
    return client.pipeline(lines.map((line) => line.split(" ")));
  }

  describe("connections", () => {
    it("answer pipelined requests in order, also when they arrive byte by byte", async () => {
      const text = "*1\r\n$4\r\nPING\r\n*2\r\n$4\r\nECHO\r\n$2\r\nhi\r\nPING there\r\n";
      for (const byte of text) redis.write(byte);
      expect((await redis.next())?.raw).toBe("+PONG\r\n");
      expect((await redis.next())?.raw).toBe("$2\r\nhi\r\n");
      expect((await redis.next())?.raw).toBe("$5\r\nthere\r\n");
    });

    it("end after a broken protocol, with the reason", async () => {
      redis.write("*1\r\n:3\r\nfoo\r\n");
      expect((await redis.next())?.raw).toBe("-ERR Protocol error: expected '$', got ':'\r\n");
      expect(await redis.next()).toBeUndefined();
    });

    it("end after QUIT, and requests behind it are not run", async () => {
      redis.write("SET a 1\r\nQUIT\r\nSET a 2\r\n");
      expect((await redis.next())?.raw).toBe("+OK\r\n");
      expect((await redis.next())?.raw).toBe("+OK\r\n");
      expect(await redis.next()).toBeUndefined();
      expect(await (await open()).call("GET", "a")).toBe("1");
    });

    it("speak RESP3 after HELLO 3", async () => {
      const [hello] = await say(redis, "HELLO 3");
      expect(hello?.startsWith("%7\r\n$6\r\nserver\r\n$5\r\nredis\r\n")).toBe(true);
      await say(redis, "HSET h a 1", "SADD s x", "ZADD z 1.5 m");
      expect(
        await say(redis, "HGETALL h", "SMEMBERS s", "ZRANGE z 0 -1 WITHSCORES", "GET none"),
      ).toEqual([
        "%1\r\n$1\r\na\r\n$1\r\n1\r\n",
        "~1\r\n$1\r\nx\r\n",
        "*1\r\n*2\r\n$1\r\nm\r\n,1.5\r\n",
        "_\r\n",
      ]);
    });

    it("may say less: CLIENT REPLY SKIP and OFF", async () => {
      redis.write("CLIENT REPLY SKIP\r\nSET a 1\r\nGET a\r\n");
      expect((await redis.next())?.raw).toBe("$1\r\n1\r\n");
      redis.write("CLIENT REPLY OFF\r\nPING\r\nCLIENT REPLY ON\r\nGET a\r\n");
      expect((await redis.next())?.raw).toBe("+OK\r\n");
      expect((await redis.next())?.raw).toBe("$1\r\n1\r\n");
    });

    it("are told what they did wrong, in Redis's words", async () => {
      const lines = [
        "NOPE a b",
        "GET",
        "CONFIG NOPE",
        "SELECT 99",
        "SET a 1 NX XX",
        "EXPIRE a x",
        "HELLO 4",
        "AUTH secret",
        "OBJECT ENCODING",
      ];
      expect(await say(redis, ...lines)).toEqual([
        "-ERR unknown command 'NOPE', with args beginning with: 'a' 'b' \r\n",
        "-ERR wrong number of arguments for 'get' command\r\n",
        "-ERR unknown subcommand 'NOPE'. Try CONFIG HELP.\r\n",
        "-ERR DB index is out of range\r\n",
        "-ERR syntax error\r\n",
        "-ERR value is not an integer or out of range\r\n",
        "-NOPROTO unsupported protocol version\r\n",
        "-ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?\r\n",
        "-ERR wrong number of arguments for 'object|encoding' command\r\n",
      ]);
    });
  });

  describe("numbers", () => {
    it("are 64 bits wide, and do not wrap", async () => {
      await redis.call("SET", "n", "9223372036854775806");
      expect(await say(redis, "INCR n", "INCR n", "DECRBY n 9007199254740993")).toEqual([
        ":9223372036854775807\r\n",
        "-ERR increment or decrement would overflow\r\n",
        ":9214364837600034814\r\n",
      ]);
    });

    it("with a fraction are summed in extended precision", async () => {
      await redis.call("SET", "f", "0.1");
      expect(await redis.call("INCRBYFLOAT", "f", "0.2")).toBe("0.3");
      await redis.call("SET", "f", "1234567.1");
      expect(await redis.call("INCRBYFLOAT", "f", "0")).toBe("1234567.10000000000002274");
      expect(await redis.call("INCRBYFLOAT", "f", "-1e3")).toBe("1233567.10000000000002274");
    });
  });

  describe("expiry", () => {
    const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

    it("takes keys away when their time has come", async () => {
      await say(redis, "SET a 1 PX 40", "SET b 1", "PEXPIRE b 40", "SET c 1 PX 60000");
      expect(await redis.call("EXISTS", "a", "b", "c")).toBe(3);
      await sleep(60);
      expect(await redis.call("EXISTS", "a", "b", "c")).toBe(1);
      await sleep(250);
      expect(await redis.call("DBSIZE")).toBe(1);
    });

    it("is told to those who asked for notifications", async () => {
      await redis.call("CONFIG", "SET", "notify-keyspace-events", "Ex");
      const listener = await open();
      await listener.call("SUBSCRIBE", "__keyevent@0__:expired");
      await redis.call("SET", "gone", "1", "PX", "20");
      expect((await listener.next())?.reply).toEqual(["message", "__keyevent@0__:expired", "gone"]);
      await redis.call("CONFIG", "SET", "notify-keyspace-events", "");
    });

    it("is lifted by SET, kept by KEEPTTL, and moved along by RENAME", async () => {
      await say(
        redis,
        "SET a 1 EX 100",
        "SET a 2",
        "SET b 1 EX 100",
        "SET b 2 KEEPTTL",
        "RENAME b c",
      );
      expect(await say(redis, "TTL a", "TTL b", "TTL c", "PERSIST c", "TTL c")).toEqual([
        ":-1\r\n",
        ":-2\r\n",
        ":100\r\n",
        ":1\r\n",
        ":-1\r\n",
      ]);
    });
  });

  describe("transactions", () => {
    it("run as one, between the commands of others", async () => {
      expect(await say(redis, "MULTI", "SET a 1", "INCR a", "LPUSH a x", "EXEC")).toEqual([
        "+OK\r\n",
        "+QUEUED\r\n",
        "+QUEUED\r\n",
        "+QUEUED\r\n",
        "*3\r\n+OK\r\n:2\r\n-WRONGTYPE Operation against a key holding the wrong kind of value\r\n",
      ]);
    });

    it("do not run when a watched key changed, or one of their commands could not be queued", async () => {
      const other = await open();
      await redis.call("WATCH", "a");
      await other.call("SET", "a", "2");
      expect(await say(redis, "MULTI", "SET a 3", "EXEC", "GET a")).toEqual([
        "+OK\r\n",
        "+QUEUED\r\n",
        "*-1\r\n",
        "$1\r\n2\r\n",
      ]);
      expect((await say(redis, "MULTI", "NOPE", "SET a 4", "EXEC"))[3]).toBe(
        "-EXECABORT Transaction discarded because of previous errors.\r\n",
      );
    });

    it("do not wait inside", async () => {
      expect((await say(redis, "MULTI", "BLPOP l 0", "EXEC"))[2]).toBe("*1\r\n*-1\r\n");
    });
  });

  describe("clients that wait", () => {
    /** Waits until the server says that so many clients are blocked. */
    async function untilBlocked(count: number): Promise<void> {
      for (;;) {
        const info = (await redis.raw("INFO", "clients")).match(/blocked_clients:([0-9]+)/);
        if (Number(info?.[1]) === count) return;
      }
    }

    it("are served in the order in which they came, one element each", async () => {
      const [first, second] = [await open(), await open()];
      first.write("BLPOP l 0\r\n");
      await untilBlocked(1);
      second.write("BRPOP other l 0\r\n");
      await untilBlocked(2);
      expect(await redis.call("RPUSH", "l", "a", "b", "c")).toBe(3);
      expect((await first.next())?.reply).toEqual(["l", "a"]);
      expect((await second.next())?.reply).toEqual(["l", "c"]);
      expect(await redis.call("LRANGE", "l", "0", "-1")).toEqual(["b"]);
    });

    it("are not woken by a transaction that leaves nothing, and run what they sent meanwhile", async () => {
      const waiting = await open();
      waiting.write("BLPOP l 0\r\nSET after 1\r\n");
      await untilBlocked(1);
      await say(redis, "MULTI", "LPUSH l x", "DEL l", "EXEC");
      expect(await redis.call("GET", "after")).toBeNull();
      await redis.call("LPUSH", "l", "y");
      expect((await waiting.next())?.reply).toEqual(["l", "y"]);
      expect((await waiting.next())?.raw).toBe("+OK\r\n");
    });

    it("hand on what they move: BLMOVE feeds the next", async () => {
      const [mover, popper] = [await open(), await open()];
      mover.write("BLMOVE from to LEFT RIGHT 0\r\n");
      popper.write("BLPOP to 0\r\n");
      await untilBlocked(2);
      await redis.call("RPUSH", "from", "item");
      expect((await mover.next())?.reply).toBe("item");
      expect((await popper.next())?.reply).toEqual(["to", "item"]);
    });

    it("give up when their time is over, or when told to", async () => {
      expect(await redis.raw("BZPOPMIN", "z", "0.02")).toBe("*-1\r\n");
      const waiting = await open();
      const id = String(await waiting.call("CLIENT", "ID"));
      waiting.write("BLPOP l 0\r\n");
      await untilBlocked(1);
      expect(await redis.call("CLIENT", "UNBLOCK", id, "ERROR")).toBe(1);
      expect((await waiting.next())?.raw).toBe(
        "-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n",
      );
    });

    it("read streams as they grow, in groups too", async () => {
      const [reader, member] = [await open(), await open()];
      await redis.call("XGROUP", "CREATE", "s", "g", "$", "MKSTREAM");
      reader.write("XREAD BLOCK 0 STREAMS s $\r\n");
      member.write("XREADGROUP GROUP g alice BLOCK 0 STREAMS s >\r\n");
      await untilBlocked(2);
      await redis.call("XADD", "s", "5-1", "k", "v");
      const entries = [["s", [["5-1", ["k", "v"]]]]];
      expect((await reader.next())?.reply).toEqual(entries);
      expect((await member.next())?.reply).toEqual(entries);
      expect(await redis.call("XPENDING", "s", "g")).toEqual([1, "5-1", "5-1", [["alice", "1"]]]);
      expect(await redis.call("XACK", "s", "g", "5-1")).toBe(1);
    });
  });

  describe("messages", () => {
    it("reach subscribers of channels and patterns, and the publisher hears how many", async () => {
      const [one, two] = [await open(), await open()];
      expect(await one.call("SUBSCRIBE", "news.a")).toEqual(["subscribe", "news.a", 1]);
      expect(await two.call("PSUBSCRIBE", "news.*")).toEqual(["psubscribe", "news.*", 1]);
      expect(await redis.call("PUBLISH", "news.a", "hello")).toBe(2);
      expect((await one.next())?.reply).toEqual(["message", "news.a", "hello"]);
      expect((await two.next())?.reply).toEqual(["pmessage", "news.*", "news.a", "hello"]);
      expect(await redis.call("PUBSUB", "NUMSUB", "news.a", "none")).toEqual([
        "news.a",
        1,
        "none",
        0,
      ]);
    });

    it("keep a RESP2 connection to themselves, and leave a RESP3 connection free", async () => {
      await redis.call("SUBSCRIBE", "c");
      expect(await redis.raw("GET", "a")).toMatch(/^-ERR Can't execute 'get': only/);
      expect(await redis.raw("PING")).toBe("*2\r\n$4\r\npong\r\n$0\r\n\r\n");
      const modern = await open();
      await modern.call("HELLO", "3");
      expect(await modern.raw("SUBSCRIBE", "c")).toBe(">3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n");
      expect(await modern.raw("PING")).toBe("+PONG\r\n");
    });
  });

  describe("scans", () => {
    it("see every key that stays, while others come and go", async () => {
      for (let i = 0; i < 500; i++) await redis.call("SET", `stays:${i}`, "1");
      const seen = new Set<string>();
      let cursor = "0";
      let round = 0;
      do {
        const page = (await redis.call("SCAN", cursor, "COUNT", "20", "MATCH", "stays:*")) as [
          string,
          string[],
        ];
        for (const key of page[1]) seen.add(key);
        [cursor] = page;
        await redis.call("SET", `comes:${round}`, "1");
        await redis.call("DEL", `comes:${round - 3}`);
        round++;
      } while (cursor !== "0");
      expect(seen.size).toBe(500);
    });
  });

  describe("databases", () => {
    it("are apart, can be swapped, and keys can move between them", async () => {
      await say(redis, "SET a zero", "SELECT 1", "SET a one", "SELECT 0");
      expect(
        await say(redis, "SWAPDB 0 1", "GET a", "SELECT 1", "GET a", "MOVE a 2", "EXISTS a"),
      ).toEqual(["+OK\r\n", "$3\r\none\r\n", "+OK\r\n", "$4\r\nzero\r\n", ":1\r\n", ":0\r\n"]);
    });
  });
});
