/** SLOWLOG and LATENCY: records of slow operations. */
import { MapReply, OK, type Reply, Verbatim } from "../../../wire/index.ts";
import { commandOf } from "../acl-rules.ts";
import type { Client } from "../client.ts";
import type { Command, CommandTable } from "../command.ts";
import { err } from "../errors.ts";
import { parseInteger } from "../numbers.ts";

function get({ server }: Client, args: string[]): Reply {
  let count = 10;
  if (args.length > 3) throw err("wrong number of arguments for 'slowlog|get' command");
  if (args[2] !== undefined) {
    count = parseInteger(args[2], err("count should be greater than or equal to -1"));
    if (count < -1) throw err("count should be greater than or equal to -1");
    if (count === -1) count = Infinity;
  }
  return server.slowLog
    .latest(count)
    .map((entry) => [
      entry.id,
      entry.timeSeconds,
      entry.durationMicros,
      entry.args,
      entry.address,
      entry.name,
    ]);
}

export const slowlogCommands: CommandTable = {
  get: [get, -2, "alt"],
  len: [({ server }) => server.slowLog.length, 2, "alt"],
  reset: [
    ({ server }) => {
      server.slowLog.reset();
      return OK;
    },
    2,
    "alt",
  ],
};

function histogramOf(command: Command): Reply[] {
  if (!command.histogram) return [];
  return [
    command.name,
    new MapReply([
      "calls",
      command.histogram.calls,
      "histogram_usec",
      new MapReply(command.histogram.cumulative()),
    ]),
  ];
}

function histogram({ server }: Client, args: string[]): Reply {
  const chosen =
    args.length === 2
      ? [...server.commands.used()]
      : args.slice(2).flatMap((name) => commandOf(server, name) ?? []);
  const seen = new Set<Command>();
  for (const command of chosen) {
    seen.add(command);
    for (const sub of command.subcommands?.values() ?? []) seen.add(sub);
  }
  return new MapReply([...seen].flatMap(histogramOf));
}

function doctor({ server }: Client): Reply {
  const events = server.latency.latest();
  if (server.config.number("latency-monitor-threshold") === 0 && events.length === 0) {
    return new Verbatim(
      "txt",
      "I'm sorry, Dave, I can't do that. Latency monitoring is disabled in this Redis instance. You may use \"CONFIG SET latency-monitor-threshold <milliseconds>.\" in order to enable it. If we weren't in a deep space mission I'd suggest to take a look at https://redis.io/topics/latency-monitor.\n",
    );
  }
  if (events.length === 0) {
    return new Verbatim(
      "txt",
      "Dave, no latency spike was observed during the lifetime of this Redis instance, not in the slightest bit. I honestly think you ought to sit down calmly, take a stress pill, and think things over.\n",
    );
  }
  const lines = events.map(([event, , ms, maxMs], at) => {
    const samples = server.latency.history(event).length;
    return `${at + 1}. ${event}: ${samples} latency spikes (last ${ms}ms, worst all time event ${maxMs}ms).\n`;
  });
  return new Verbatim(
    "txt",
    `Dave, I have observed latency spikes in this Redis instance. You don't mind talking about it, do you Dave?\n\n${lines.join("")}\n`,
  );
}

export const latencyCommands: CommandTable = {
  latest: [({ server }) => server.latency.latest(), 2, "aslt"],
  history: [({ server }, args) => server.latency.history(args[2] as string), 3, "aslt"],
  reset: [({ server }, args) => server.latency.reset(args.slice(2)), -2, "aslt"],
  histogram: [histogram, -2, "aslt"],
  doctor: [doctor, 2, "aslt"],
};
