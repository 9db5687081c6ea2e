/** Scenarios in which it matters what is lost besides data, each a few seconds long. */
import { type Act, type Event, half, type Half, type Scenario } from "./scenario.ts";

const write = (at: number, bytes = 10): Act => ({ at, verb: "write", bytes });

function scenario(
  name: string,
  client: Half,
  server: Half,
  events: Event[],
  forMs = 5_500,
): Scenario {
  return { name, delayMs: 5, forMs, connections: [{ at: 50, client, server }], events };
}

/** Cuts one direction for a while. */
function cut(way: "ab" | "ba", from: number, to: number): Event[] {
  return [
    { at: from, verb: "cut", way },
    { at: to, verb: "join", way },
  ];
}

const sorted = (events: Event[]): Event[] => events.sort((a, b) => a.at - b.at);

export const known: readonly Scenario[] = [
  scenario(
    "the acknowledgement is lost, and the server's machine crashes",
    half([write(1_000)]),
    half(),
    sorted([
      ...cut("ba", 500, 2_500),
      { at: 1_500, verb: "crash", role: "server" },
      { at: 2_400, verb: "boot", role: "server" },
    ]),
  ),
  scenario(
    "the acknowledgement is lost, and the server's process crashes with bytes unread",
    half([write(1_000)]),
    half([], { reads: false }),
    sorted([...cut("ba", 500, 2_500), { at: 1_500, verb: "kill", role: "server" }]),
  ),
  scenario(
    "the acknowledgement is lost, and the server's process crashes with all read",
    half([write(1_000)]),
    half(),
    sorted([...cut("ba", 500, 2_500), { at: 1_500, verb: "kill", role: "server" }]),
  ),
  scenario(
    "the reset is lost, and the client writes afterwards",
    half([write(2_000)]),
    half([{ at: 1_000, verb: "reset" }]),
    cut("ba", 500, 1_500),
  ),
  scenario(
    "the reset overtakes data that was lost",
    half(),
    half([write(700, 1_000), { at: 1_300, verb: "reset" }]),
    cut("ba", 500, 1_200),
  ),
  scenario(
    "both ends close while neither hears the other",
    half([{ at: 700, verb: "end" }]),
    half([write(800), { at: 900, verb: "end" }]),
    sorted([...cut("ba", 500, 1_500), ...cut("ab", 600, 2_000)]),
  ),
  scenario(
    "a client that has closed is written to, and its reset is lost",
    half([{ at: 700, verb: "destroy" }]),
    half([write(800), write(2_500)], { halfOpen: true }),
    cut("ab", 750, 1_500),
  ),
  scenario(
    "keep-alive finds a machine that has booted since",
    half([], { keepAliveMs: 1_000 }),
    half(),
    [
      { at: 600, verb: "crash", role: "server" },
      { at: 2_400, verb: "boot", role: "server" },
    ],
  ),
];

/** What Linux 6.18 gave for each of them: every socket's story, without times. */
export const onLinux: readonly Record<string, string>[] = [
  {
    client0: "connect, error read ECONNRESET, close true",
    server0: "accepted, data 10",
  },
  { client0: "connect, error read ECONNRESET, close true", server0: "accepted" },
  { client0: "connect, end, finish, close false", server0: "accepted, data 10" },
  { client0: "connect, error read ECONNRESET, close true", server0: "accepted, close false" },
  { client0: "connect, error read ECONNRESET, close true", server0: "accepted, close false" },
  {
    client0: "connect, finish, data 10, end, close false",
    server0: "accepted, finish, end, close false",
  },
  { client0: "connect, close false", server0: "accepted, end, error write EPIPE, close true" },
  { client0: "connect, error read ECONNRESET, close true", server0: "accepted" },
];
