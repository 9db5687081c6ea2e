/** What real clients and servers send each other, on simulated hosts: every message is read and finds its partner. */
import { expect, it } from "vitest";
import { conversationsOf, traceOf } from "./traffic.ts";
import { TraceDissector } from "../../src/dissect/index.ts";
import { Kind } from "../../src/trace/index.ts";
import { summaries } from "./support.ts";

it("pg: queries with their results and errors, a packet in one line", async () => {
  const trace = await traceOf("pg");
  const [first] = conversationsOf(trace);
  expect(first?.dissector.name).toBe("postgres");
  expect(first?.messages.filter(({ incomplete }) => incomplete)).toEqual([]);
  const queries = first?.messages.filter(
    ({ role, summary }) => role === "request" && /^(Parse|Query)/.test(summary),
  );
  expect(queries?.map(({ summary, partner }) => [summary, partner?.summary])).toEqual([
    ["Parse select $1::int + $2::int as sum", "SELECT 1"],
    ["Query begin", "BEGIN"],
    ["Parse insert into people (name) values ($1)", "INSERT 0 1"],
    ["Parse insert into people (name) values ($1)", "INSERT 0 1"],
    ["Query commit", "COMMIT"],
    ["Query select id, name from people", "SELECT 2"],
    ["Query select nothing", expect.stringMatching(/^ERROR 42P01: /)],
  ]);
  const dissector = new TraceDissector(trace);
  const packets = [...trace.kind.keys()]
    .filter((row) => trace.kind[row] === Kind.receive)
    .map((row) => dissector.packet(row + 1)?.summary);
  expect(packets).toContain("Parse select $1::int + $2::int as sum · Bind (20, 22)");
  expect(packets).toContain("DataRow 1 | ada · DataRow 2 | alan · SELECT 2");
});

it("amqplib: publishings and deliveries with their acknowledgements, contents in many frames", async () => {
  const [first] = conversationsOf(await traceOf("amqplib"));
  expect(first?.dissector.name).toBe("amqp");
  expect(first?.messages.filter(({ incomplete }) => incomplete)).toEqual([]);
  const pairs = first?.messages
    .filter(({ role }) => role === "request")
    .map(({ summary, partner }) => `${summary} -> ${partner?.summary}`);
  expect(pairs).toContain("basic.publish jobs 5 B text job 3 -> basic.ack #3");
  expect(pairs).toContain("basic.publish jobs 200.0 kB binary -> basic.ack #4");
  expect(pairs).toContain("basic.deliver jobs #2 5 B text job 2 -> basic.nack #2");
  expect(pairs).toContain("queue.declare jobs -> queue.declare-ok jobs");
});

it("mqtt: publishings of every quality with what answers them", async () => {
  const conversations = conversationsOf(await traceOf("mqtt"));
  expect(conversations.map(({ dissector }) => dissector.name)).toEqual(["mqtt", "mqtt"]);
  const messages = conversations.flatMap(({ messages }) => messages);
  expect(messages.filter(({ incomplete }) => incomplete)).toEqual([]);
  const publish = messages.filter(({ flat }) => flat["mqtt.topic"] === "room/2/temp");
  expect(
    publish.map(({ flat, partner }) => [flat["mqtt.qos"], partner?.flat["mqtt.type"]]),
  ).toEqual([
    [2, "PUBREC"],
    [2, "PUBREC"],
  ]);
});

it("grpc-js: calls with their messages and their status", async () => {
  const [first] = conversationsOf(await traceOf("grpc"));
  expect(first?.dissector.name).toBe("http2");
  const lines = summaries(first ?? { messages: [], dissector: undefined as never });
  expect(lines).toContain("> POST /calc.Calc/Double (stream 1)");
  expect(lines).toContain("- gRPC {1: 21} (stream 1)");
  expect(lines).toContain("< trailers gRPC OK (stream 1)");
  expect(lines).toContain("< 200 gRPC NOT_FOUND no such number (stream 9)");
  const sum = first?.messages.filter(({ flat }) => flat["grpc.method"] === "/calc.Calc/Sum");
  expect(sum?.length).toBeGreaterThan(6);
});

it("ws: frames with their mask off, although the server took it off in place", async () => {
  const [first] = conversationsOf(await traceOf("ws"));
  expect(summaries(first ?? { messages: [], dissector: undefined as never }).slice(-5)).toEqual([
    "> ws ping are you there",
    "< ws pong are you there",
    "- ws 7 B deflated",
    "- ws close 4001 as you wish",
    "- ws close 4001 as you wish",
  ]);
});
