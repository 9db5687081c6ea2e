/** What the viewer says of disks and figures at a moment. */
import { describe, expect, it } from "vitest";
import { filesAt } from "../../src/viewer/model/files.ts";
import { indexRun } from "../../src/viewer/model/run.ts";
import { statisticsOf } from "../../src/viewer/model/statistics.ts";
import { story, traceOf } from "./support.ts";

const disk = indexRun(
  traceOf([
    [0, "a", "start"],
    [1, "a", "disk", 1, { operation: "create", path: "/data/db" }],
    [2, "a", "disk", 1, { operation: "write", path: "/data/db", offset: 0, bytes: 10 }],
    [3, "a", "disk", 1, { operation: "sync", path: "/data/db" }],
    [4, "a", "disk", 1, { operation: "write", path: "/data/db", offset: 10, bytes: 5 }],
    [5, "a", "disk", 1, { operation: "sync", path: "/data" }],
    [6, "a", "disk", 1, { operation: "rename", from: "/data/db", path: "/data/new" }],
    [7, "a", "power", 0, { on: false }],
  ]),
);

function told(id: number): string[] {
  return filesAt(disk, id)
    .filter(({ path }) => path !== "/data")
    .map(({ path, size, unsynced, nameUnsynced }) => {
      return `${path} ${size} ${unsynced}${nameUnsynced ? " name" : ""}`;
    });
}

describe("the files at a moment", () => {
  it("are what was written, with what a sync has not made durable", () => {
    expect(told(1)).toEqual([]);
    expect(told(3)).toEqual(["/data/db 10 10 name"]);
    expect(told(4)).toEqual(["/data/db 10 0 name"]);
    expect(told(5)).toEqual(["/data/db 15 5 name"]);
    expect(told(6)).toEqual(["/data/db 15 5"]);
    expect(told(7)).toEqual(["/data/new 15 5 name"]);
  });

  it("are counted without what was not synced after a power loss", () => {
    expect(told(8)).toEqual(["/data/new 10 0"]);
  });
});

describe("the figures", () => {
  it("count operations, messages by fate and kinds of events", () => {
    const { operations, messages, kinds } = statisticsOf(indexRun(story()));
    expect(operations).toEqual([
      {
        f: "write",
        count: 1,
        ok: 1,
        failed: 0,
        unsure: 0,
        medianNs: 10e6,
        slowNs: 10e6,
        longestNs: 10e6,
      },
    ]);
    expect(messages.map(({ from, to, fates }) => [from, to, ...fates])).toEqual([
      ["a-1", "server", 1, 0, 0, 0, 0, 0],
      ["server", "a-1", 1, 0, 0, 0, 0, 0],
      ["a-2", "server", 0, 1, 0, 0, 0, 0],
    ]);
    expect(Object.fromEntries(kinds)).toMatchObject({ start: 4, send: 3, receive: 2, drop: 1 });
  });
});
