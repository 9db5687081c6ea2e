/** Every format is read into the same history, and written so that it reads back the same. */
import { describe, expect, it } from "vitest";
import { HistoryBuilder } from "../../src/history/build.ts";
import type { History } from "../../src/history/operation.ts";
import { readHistories, type Format } from "../../src/history/read.ts";
import { writeHistory } from "../../src/history/write.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function read(text: string, name = "history", options: object = {}): History {
  const { histories } = readHistories(bytes(text), { name, ...options });
  expect(histories).toHaveLength(1);
  return histories[0]?.history as History;
}

/** A history in a line an operation: process, f, input -> output, outcome, and its ranks. */
function tell({ operations }: History): string[] {
  return operations.map(
    ({ process, f, key, input, output, outcome, invokeRank, completeRank }) =>
      `${process} ${f} ${key === undefined ? "" : `[${String(key)}] `}${JSON.stringify(input)} -> ${JSON.stringify(output)} ${outcome} ${invokeRank}..${completeRank}`,
  );
}

describe("reading", () => {
  it("takes EDN as a vector, as a list, and as one map after another, with comments", () => {
    const events = [
      "{:process 0, :type :invoke, :f :write, :value 3}",
      "; the write is under way",
      "{:process 1 :type :invoke :f :read :value nil #_ignored}",
      "{:process 0, :type :ok, :f :write, :value 3}",
      "{:process 1, :type :ok, :f :read, :value 3, :time 17}",
    ].join("\n");
    const expected = ["0 write 3 -> 3 ok 0..2", "1 read null -> 3 ok 1..3"];
    expect(tell(read(events))).toEqual(expected);
    expect(tell(read(`[${events}]`))).toEqual(expected);
    expect(tell(read(`(${events})`))).toEqual(expected);
  });

  it("takes JSON as an array and as lines", () => {
    const events = [
      '{"process":0,"type":"invoke","f":"cas","value":[1,2]}',
      '{"process":0,"type":"info","f":"cas","value":[1,2],"error":"timeout"}',
    ];
    const expected = ["0 cas [1,2] -> undefined info 0..Infinity"];
    expect(tell(read(events.join("\n")))).toEqual(expected);
    expect(tell(read(`[${events.join(",\n")}]`))).toEqual(expected);
    expect(read(events.join("\n")).operations[0]?.error).toBe("timeout");
  });

  it("takes Jepsen's log lines, in which a failed cas is an answer", () => {
    const log = [
      "INFO  jepsen.util - 0\t:invoke\t:cas\t[3 0]",
      "INFO  jepsen.util - 1\t:invoke\t:write\t4",
      "INFO  something.else - noise",
      "INFO  jepsen.util - 0\t:fail\t:cas\t[3 0]",
      "INFO  jepsen.util - 1\t:info\t:write\t:timed-out",
    ].join("\n");
    expect(tell(read(log, "etcd.log"))).toEqual([
      "0 cas [3,0] -> false ok 0..2",
      "1 write 4 -> undefined info 1..Infinity",
    ]);
  });

  it("takes CSV, in which operations that touch in time overlap", () => {
    const csv = "client,call,ret,op,a,b,out,ok\n0,1,5,1,7,0,0,false\n1,5,9,0,0,0,7,false\n";
    expect(tell(read(csv))).toEqual(["0 write 7 -> 7 ok 0..2", "1 read null -> 7 ok 1..3"]);
    expect(tell(read(csv, "x", { model: "fifo-queue" }))[1]).toBe("1 dequeue null -> 7 ok 1..3");
  });

  it("takes many histories from lines of cases, with what they say of themselves", () => {
    const line = (seed: number): string =>
      `{"model":"register","init":0,"seed":${seed},"history":[{"process":0,"type":"invoke","f":"read","value":null},{"process":0,"type":"ok","f":"read","value":${seed}}]}`;
    const { histories } = readHistories(bytes(`${line(4)}\n${line(5)}\n`), { name: "gen.jsonl" });
    expect(
      histories.map(({ model, initial, line: at, fields }) => [
        model,
        initial,
        at,
        fields?.["seed"],
      ]),
    ).toEqual([
      ["register", 0, 1, 4],
      ["register", 0, 2, 5],
    ]);
  });

  it("gives the key to independent objects, leaves the nemesis out, and stand-ins to the nameless", () => {
    const keyed =
      "{:process 0 :type :invoke :f :read :value [7 nil]}{:process :nemesis :type :info :f :kill}{:process 0 :type :ok :f :read :value [7 1]}";
    expect(tell(read(keyed, "h.edn", { independent: true }))).toEqual([
      "0 read [7] null -> 1 ok 0..1",
    ]);
    const nameless =
      "{:type :invoke :f :read}{:type :invoke :f :write :value 1}{:type :ok :f :write :value 1}{:type :ok :f :read :value 1}";
    expect(tell(read(nameless, "h.edn"))).toEqual([
      "client 0 read undefined -> 1 ok 0..3",
      "client 1 write 1 -> 1 ok 1..2",
    ]);
  });

  it("keeps integers apart that a double cannot tell apart", () => {
    const text = "{:process 0 :type :invoke :f :write :value 9007199254740993}";
    expect(read(text, "h.edn").operations[0]?.input).toBe(9007199254740993n);
  });
});

describe("writing", () => {
  const recorder = new HistoryBuilder();
  const write = recorder.invoke({ process: 0, f: "write", input: 3, atNs: 10 });
  const cas = recorder.invoke({ process: 1, f: "cas", input: [3, 4], atNs: 20 });
  recorder.complete(write, "ok", { output: 3, atNs: 30 });
  recorder.complete(cas, "ok", { output: true, atNs: 45 });
  const read2 = recorder.invoke({ process: 0, f: "read", input: null, atNs: 50 });
  recorder.complete(read2, "ok", { output: 4, atNs: 70 });
  const complete = recorder.finish();

  it.each(["edn", "json", "jepsen-log", "csv"] as const)(
    "%s reads back the same",
    (format: Format) => {
      const text = writeHistory(complete, format);
      const again = tell(read(text, "h", { format }));
      // Where writes answer with what was written, and a cas with whether it did, is each format's way.
      expect(again).toEqual(tell(complete));
    },
  );

  it("keeps an unanswered operation before its process's next", () => {
    const lost = new HistoryBuilder();
    lost.complete(lost.invoke({ process: 0, f: "write", input: 1 }), "info");
    lost.complete(lost.invoke({ process: 0, f: "read", input: null }), "ok", { output: 1 });
    const history = lost.finish();
    for (const format of ["edn", "json"] as const) {
      expect(
        tell(read(writeHistory(history, format), "h", { format })).map((t) =>
          t.split(" ").slice(0, 2),
        ),
      ).toEqual([
        ["0", "write"],
        ["0", "read"],
      ]);
    }
    expect(() => writeHistory(history, "csv")).toThrow(/csv has no row for operation 0/);
  });
});
