/**
 * Lightcone beside turmoil and madsim, the two deterministic simulators of Rust: one ping-pong and
 * one five-host heartbeat, written once for each (`bench/peers/`, `bench/worlds/`), in one run.
 *
 * The peers simulate less than Lightcone does (each `src/main.rs` says what), with no fingerprint,
 * and their programs are compiled Rust where ours are JavaScript on `node:net`; the figures say how
 * fast a simulated world goes for its user, not whose queue is better. Each round runs every peer
 * once (a fresh process, whose start is not counted) and then ours (in this process, warm), so that
 * a busy machine is busy for all; the figures are medians over the rounds.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROUNDS = 5;

/** 5 hosts × 4 connections each × 10 heartbeats a second × 2, as every heartbeat is answered. */
const HEARTBEAT_MESSAGES_PER_SIM_SECOND = 400;

/** What is run: `rate` turns one result into the figure, after a look that the work was done. */
const kinds = {
  pingpong: {
    unit: "round trips/s",
    rate({ roundTrips: size }, { roundTrips, wallSeconds }) {
      expectAbout(size, roundTrips, "round trips");
      return roundTrips / wallSeconds;
    },
  },
  heartbeat: {
    unit: "simulated s/s",
    rate({ simSeconds: size }, { simSeconds, messages, wallSeconds }) {
      expectAbout(size, simSeconds, "simulated seconds");
      expectAbout(simSeconds * HEARTBEAT_MESSAGES_PER_SIM_SECOND, messages, "messages");
      return simSeconds / wallSeconds;
    },
  },
};

const workloads = [
  { name: "pingpong", kind: "pingpong", size: { roundTrips: 100_000 } },
  { name: "pingpong, long", kind: "pingpong", size: { roundTrips: 500_000 } },
  { name: "heartbeat", kind: "heartbeat", size: { simSeconds: 300 } },
  { name: "heartbeat, long", kind: "heartbeat", size: { simSeconds: 1_500 } },
];

/** Runs the workloads on every peer that builds here and on ours, and reports ours over each. */
export default async function peers(report) {
  const built = cargoIsInstalled() ? ["turmoil", "madsim"].flatMap((name) => build(name)) : [];
  if (built.length === 0) return;
  for (const workload of workloads) {
    const ours = await importOurs(workload.kind);
    const contenders = ours === undefined ? built : [...built, ours];
    const rates = await measure(workload, contenders);
    for (const peer of built) reportPeer(report, workload, peer, rates, ours);
  }
}

function reportPeer(report, { name, kind }, peer, rates, ours) {
  const { unit } = kinds[kind];
  const theirs = rates.get(peer);
  if (ours === undefined) {
    report({ name: `${name}, ${peer.name} alone`, value: theirs, unit });
    return;
  }
  const value = rates.get(ours);
  const ratio = value / theirs;
  report({
    // Without the version, as `docs/figures.json` asks for it.
    name: `${name}, against ${peer.name}`,
    version: peer.version,
    value,
    unit,
    peer: Math.round(theirs),
    ratio,
    target: 1,
    met: ratio >= 1,
  });
}

/** The median rate of each contender, after one round that warms up and is not counted. */
async function measure(workload, contenders) {
  const rates = new Map(contenders.map((contender) => [contender, []]));
  for (let round = 0; round <= ROUNDS; round++) {
    for (const contender of contenders) {
      const rate = kinds[workload.kind].rate(workload.size, await contender.run(workload));
      if (round > 0) rates.get(contender).push(rate);
    }
  }
  const middle = (values) => values.sort((a, b) => a - b)[values.length >> 1];
  return new Map([...rates].map(([contender, values]) => [contender, middle(values)]));
}

function cargoIsInstalled() {
  try {
    execFileSync("cargo", ["--version"], { stdio: "ignore", env: cargoEnvironment() });
    return true;
  } catch {
    console.error("peers: cargo is not installed here, so there is no peer to measure against");
    return false;
  }
}

/** The peer, built; or nothing, with cargo's own last words, where that fails (no network, say). */
function build(name) {
  const cwd = fileURLToPath(new URL(`peers/${name}/`, import.meta.url));
  const args = ["build", "--release", "--locked", "--quiet", "--target-dir", "target"];
  try {
    execFileSync("cargo", args, {
      cwd,
      env: cargoEnvironment(),
      stdio: ["ignore", "pipe", "pipe"],
    });
  } catch (error) {
    const lastLine = String(error.stderr).trim().split("\n").at(-1).trim();
    console.error(`peers: cargo could not build ${name}, so it is left out: ${lastLine}`);
    process.exitCode = 1;
    return [];
  }
  const run = ({ kind, size }) => {
    const [amount] = Object.values(size);
    const binary = `${cwd}target/release/peer-${name}`;
    return JSON.parse(execFileSync(binary, [kind, String(amount)], { encoding: "utf8" }));
  };
  return [{ name, version: lockedVersion(cwd, name), run }];
}

/**
 * RUSTFLAGS would replace the flag that switches madsim on, so the caller's is left out. Cargo is also found where
 * rustup puts it, which a shell has in its PATH only when somebody has logged in since.
 */
function cargoEnvironment() {
  const { RUSTFLAGS: _, CARGO_ENCODED_RUSTFLAGS: __, PATH = "", ...environment } = process.env;
  return { ...environment, PATH: [PATH, join(homedir(), ".cargo/bin")].join(delimiter) };
}

function lockedVersion(cwd, crate) {
  const lock = readFileSync(`${cwd}Cargo.lock`, "utf8");
  return new RegExp(`name = "${crate}"\nversion = "(.+)"`).exec(lock)[1];
}

async function importOurs(kind) {
  const url = new URL(`worlds/${kind}.mjs`, import.meta.url);
  if (!existsSync(url)) {
    console.error(`peers: bench/worlds/${kind}.mjs is not there, so the peers run alone`);
    return undefined;
  }
  const world = await import(url.href);
  return { name: "lightcone", run: ({ size }) => world[kind](size) };
}

/** A rate over work that was not done is worth nothing: within a hundredth, or the run ends. */
function expectAbout(expected, actual, what) {
  if (Math.abs(actual - expected) <= expected / 100) return;
  throw new Error(`peers: expected about ${expected} ${what}, and ${actual} were done`);
}
