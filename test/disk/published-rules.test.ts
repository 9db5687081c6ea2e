/**
 * What is published about file systems after a power loss, and what the simulated disk makes of it. ALICE: Pillai et al., "All
 * File Systems Are Not Created Equal", OSDI 2014, table 1 ("persistence properties"). CrashMonkey: Mohan et al.,
 * "Finding Crash-Consistency Bugs with Bounded Black-Box Crash Testing", OSDI 2018. `npm run disks` compares with
 * the file systems themselves.
 */
import { describe, expect, it } from "vitest";
import { Prng } from "../../src/base/prng.ts";
import * as disk from "../../src/sim/disk/index.ts";
import { Machine } from "./machine.ts";

const DRAWS = 25;
const SECOND = 1_000_000_000;

/** The states that each way of losing power leaves, over many draws; `read` says what matters of one. */
function statesAfter(
  write: (machine: Machine) => void,
  read: (machine: Machine) => string,
  ways: readonly disk.PowerLossWay[] = disk.powerLossWays,
): Set<string> {
  const states = new Set<string>();
  for (const way of ways) {
    for (let draw = 0; draw < DRAWS; draw++) {
      const prng = Prng.root(draw).fork(way);
      const machine = new Machine({ policy: disk.powerLossPolicy(way, prng, SECOND) });
      write(machine);
      machine.crash();
      states.add(read(machine));
    }
  }
  return states;
}

const textOf = (path: string) => (machine: Machine) =>
  machine.outcome(() => machine.read(path)) === "ok" ? machine.read(path) : "none";

/** A file that is there, durable. */
function durable(machine: Machine, path: string, text: string): void {
  machine.write(path, text);
  machine.sync(path);
  machine.sync("/srv");
}

describe("what no file system does", () => {
  it("tears a sector of 512 bytes (ALICE: atomicity, single sector overwrite)", () => {
    const states = statesAfter((machine) => {
      durable(machine, "/srv/a", "o".repeat(4_096));
      machine.write("/srv/a", "n".repeat(4_096), 0);
    }, textOf("/srv/a"));
    expect(states.size).toBeGreaterThan(2);
    for (const state of states) {
      const news = [...state.matchAll(/n+/g)];
      for (const { index, 0: run } of news) expect([index % 512, run.length % 512]).toEqual([0, 0]);
    }
  });

  it("does half of a rename (ALICE: atomicity, directory operation)", () => {
    const states = statesAfter(
      (machine) => {
        durable(machine, "/srv/a", "new");
        durable(machine, "/srv/b", "old");
        machine.rename("/srv/a", "/srv/b");
      },
      (machine) => `${textOf("/srv/a")(machine)} ${textOf("/srv/b")(machine)}`,
    );
    expect([...states].toSorted()).toEqual(["new old", "none new"]);
  });

  it("loses what was synced (CrashMonkey: persistence of data and metadata)", () => {
    const states = statesAfter((machine) => {
      durable(machine, "/srv/a", "synced;");
      machine.write("/srv/a", "and not", disk.O_APPEND);
    }, textOf("/srv/a"));
    expect(states.size).toBeGreaterThan(1);
    for (const state of states) expect(state.startsWith("synced;")).toBe(true);
  });
});

describe("what some file system does", () => {
  it("keeps part of an append of several blocks (ALICE: multi-block append)", () => {
    const states = statesAfter((machine) => {
      durable(machine, "/srv/a", "");
      machine.write("/srv/a", "n".repeat(12_288), 0);
    }, textOf("/srv/a"));
    const lengths = new Set([...states].map((state) => state.length));
    for (const length of [0, 4_096, 8_192, 12_288]) expect(lengths).toContain(length);
  });

  it("keeps a rename without the append before it (ALICE: ordering, append before rename)", () => {
    const states = statesAfter((machine) => {
      durable(machine, "/srv/config", "old");
      machine.write("/srv/new", "new");
      machine.rename("/srv/new", "/srv/config");
    }, textOf("/srv/config"));
    expect([...states].toSorted()).toEqual(["", "new", "old"]);
  });

  it("keeps a later overwrite of another file without an earlier one (ALICE: overwrite before any)", () => {
    const states = statesAfter(
      (machine) => {
        for (const path of ["/srv/a", "/srv/b"]) durable(machine, path, "o");
        for (const path of ["/srv/a", "/srv/b"]) machine.write(path, "n", 0);
      },
      (machine) => textOf("/srv/a")(machine) + textOf("/srv/b")(machine),
    );
    expect([...states].toSorted()).toEqual(["nn", "no", "on", "oo"]);
  });

  it("keeps pages of one file in another order (ALICE: append before append, not ordered)", () => {
    const states = statesAfter((machine) => {
      durable(machine, "/srv/a", "o".repeat(8_192));
      machine.write("/srv/a", "n".repeat(8_192), 0);
    }, textOf("/srv/a"));
    expect(states).toContain("o".repeat(4_096) + "n".repeat(4_096));
  });

  it("has no name for a file whose folder nobody synced (POSIX; ext4, XFS and btrfs keep it)", () => {
    const states = statesAfter((machine) => {
      machine.write("/srv/a", "synced");
      machine.sync("/srv/a");
    }, textOf("/srv/a"));
    expect([...states].toSorted()).toEqual(["none", "synced"]);
  });

  it("commits names after 5 s and data after 30 s (ext4(5) commit=, vm.dirty_expire_centisecs)", () => {
    const after = (ns: number): string => {
      const policy = disk.powerLossPolicy("old", Prng.root(1), ns);
      const machine = new Machine({ policy });
      machine.write("/srv/a", "data");
      machine.crash();
      return textOf("/srv/a")(machine);
    };
    expect([4, 6, 31].map((seconds) => after(seconds * SECOND))).toEqual(["none", "", "data"]);
  });
});

describe("a device that misplaces writes", () => {
  it("loses one, or puts it over another file, and the page cache does not show it", () => {
    const machine = new Machine();
    for (const path of ["/srv/a", "/srv/b"]) durable(machine, path, "oooo");
    const effect = { ...machine.disk.faults.effect, writeStrays: 1 };
    machine.disk.setEffect(effect);
    machine.write("/srv/a", "nnnn", 0);
    machine.sync("/srv/a");
    expect(machine.read("/srv/a") + machine.read("/srv/b")).toBe("nnnnoooo");
    machine.crash();
    expect(machine.read("/srv/a") + machine.read("/srv/b")).toBe("oooonnnn");
    machine.disk.setEffect({ ...effect, writeStrays: 0, writeVanishes: 1 });
    machine.write("/srv/b", "vvvv", 0);
    machine.sync("/srv/b");
    machine.crash();
    expect(machine.read("/srv/b")).toBe("nnnn");
    expect(machine.disk.losses.flatMap(({ lost }) => lost)).toEqual([
      "/srv/a: 4 bytes at 0 are written to /srv/b at 0",
      "/srv/a: 4 bytes are not as they seemed to be written",
      "/srv/b: 4 bytes are not as they seemed to be written",
      "/srv/b: 4 bytes at 0 are not written",
      "/srv/b: 4 bytes are not as they seemed to be written",
    ]);
  });
});
