/** Dissects MQTT 3.1, 3.1.1 and 5. */
import { contentOf } from "../content/content.ts";
import {
  type Dissector,
  Malformed,
  type ReadMessage,
  type Session,
  type Side,
} from "../message.ts";
import { leb128, Reader } from "../reader.ts";
import { latin, oneLine } from "../text.ts";

const types = [
  ...["", "CONNECT", "CONNACK", "PUBLISH", "PUBACK", "PUBREC", "PUBREL", "PUBCOMP", "SUBSCRIBE"],
  ...["SUBACK", "UNSUBSCRIBE", "UNSUBACK", "PINGREQ", "PINGRESP", "DISCONNECT", "AUTH"],
];
/** The properties of version 5 and how their values are written: 1, 2, 4 bytes, v variable, s text, p two texts. */
const properties: Readonly<Record<number, string>> = {
  ...{ 1: "1payload format", 2: "4message expiry", 3: "scontent type", 8: "sresponse topic" },
  ...{ 9: "scorrelation data", 11: "vsubscription", 17: "4session expiry", 18: "sassigned client" },
  ...{ 19: "2server keep alive", 21: "sauthentication method", 22: "sauthentication data" },
  ...{
    23: "1request problem",
    24: "4will delay",
    25: "1request response",
    26: "sresponse information",
  },
  ...{ 28: "sserver reference", 31: "sreason", 33: "2receive maximum", 34: "2topic alias maximum" },
  ...{ 35: "2topic alias", 36: "1maximum QoS", 37: "1retain available", 38: "puser property" },
  ...{ 39: "4maximum packet", 40: "1wildcards", 41: "1subscription ids", 42: "1shared" },
};

export const mqtt: Dissector = {
  name: "mqtt",
  title: "MQTT",
  ports: [1883],
  over: "stream",
  filters: ["mqtt.type", "mqtt.topic", "mqtt.id", "mqtt.qos", "mqtt.client", "mqtt.reason"],
  looks(bytes, side) {
    const type = (bytes[0] ?? 0) >> 4;
    if (type === 1)
      return side === 0 &&
        /^\x10.{1,4}\0(\x04MQTT|\x06MQIsdp)/s.test(latin(bytes, 0, Math.min(bytes.length, 16)))
        ? 3
        : 0;
    if (type === 2)
      return side === 1 && bytes[0] === 0x20 && (bytes[1] ?? 9) < 128 && (bytes[2] ?? 9) < 2
        ? 2
        : 0;
    const length = leb128(bytes, 1, bytes.length, 4);
    return type > 0 &&
      flagsFit(type, bytes[0] ?? 0) &&
      length &&
      length.next + length.value <= bytes.length
      ? 1
      : 0;
  },
  open: () => new MqttSession(),
};

/** All types but PUBLISH have fixed flags. */
function flagsFit(type: number, first: number): boolean {
  const flags = first & 15;
  if (type === 3) return (flags & 6) !== 6;
  return flags === (type === 6 || type === 8 || type === 10 ? 2 : 0);
}

class MqttSession implements Session {
  #version = 4;

  read(bytes: Uint8Array, at: number, side: Side): ReadMessage | undefined {
    const first = bytes[at] as number;
    const type = first >> 4;
    if (type === 0 || !flagsFit(type, first)) throw new Malformed("no packet type");
    const length = leb128(bytes, at + 1, bytes.length, 4);
    if (!length || length.next + length.value > bytes.length) return undefined;
    const end = length.next + length.value;
    const reader = new Reader(bytes, at, end);
    const name = types[type] as string;
    reader.uint("type", 1, () => name);
    reader.raw("length", length.next - at - 1);
    const flat: Record<string, string | number> = { "mqtt.type": name };
    let summary = name;
    const told: Told = { extra: {}, fields: [] };
    reader.attempt(() => {
      summary = this.#packet(type, first & 15, reader, flat, told);
      if (reader.left > 0) reader.raw("payload");
    });
    return {
      protocol: mqtt.name,
      ...pairing(type, side, flat),
      summary: oneLine(summary),
      start: at,
      end,
      fields: [...reader.fields, ...told.fields],
      flat: { ...flat, ...told.extra },
    };
  }

  sync(bytes: Uint8Array, at: number, side: Side): number {
    for (let i = at; i < bytes.length; i++) {
      const length = leb128(bytes, i + 1, bytes.length, 4);
      if (!length || mqtt.looks(bytes.subarray(i), side) === 0) continue;
      const next = length.next + length.value;
      if (next === bytes.length || mqtt.looks(bytes.subarray(next), side) > 0) return i;
    }
    return -1;
  }

  #packet(
    type: number,
    flags: number,
    reader: Reader,
    flat: Record<string, string | number>,
    told: Told,
  ): string {
    const name = types[type] as string;
    const text = (what: string): string => reader.text(what, reader.uint(`${what} length`, 2));
    const id = (): number => (flat["mqtt.id"] = reader.uint("packet id", 2));
    const options = (): void => {
      if (this.#version === 5 && reader.left > 0) readProperties(reader);
    };
    const reason = (what = "reason"): string => {
      if (reader.left === 0) return "";
      const code = reader.uint(what, 1, (value) => `0x${value.toString(16).padStart(2, "0")}`);
      flat["mqtt.reason"] = code;
      return code === 0 ? "" : ` 0x${code.toString(16)}`;
    };
    switch (type) {
      case 1: {
        text("protocol");
        this.#version = reader.uint("version", 1);
        const connect = reader.uint("flags", 1, (value) => value.toString(2).padStart(8, "0"));
        const alive = reader.uint("keep alive", 2);
        options();
        const client = text("client");
        flat["mqtt.client"] = client;
        if (connect & 4) {
          options();
          text("will topic");
          reader.raw("will", reader.uint("will length", 2));
        }
        if (connect & 128) text("user name");
        if (connect & 64) reader.skip(reader.uint("password length", 2));
        return `CONNECT ${client} v${this.#version === 5 ? "5" : this.#version === 4 ? "3.1.1" : "3.1"}, keep alive ${alive}s`;
      }
      case 2: {
        const session = reader.uint("session present", 1);
        const code = reason("return code");
        options();
        return `CONNACK${code || " accepted"}${session === 1 ? ", session present" : ""}`;
      }
      case 3: {
        const topic = text("topic");
        const qos = (flags >> 1) & 3;
        flat["mqtt.topic"] = topic;
        flat["mqtt.qos"] = qos;
        const number = qos > 0 ? ` #${id()}` : "";
        options();
        const start = reader.skip(reader.left);
        const content = contentOf(reader.bytes.subarray(start, reader.end), {
          place: { offset: start },
        });
        told.fields = content.fields;
        told.extra = content.flat;
        const marks = `${qos > 0 ? ` QoS ${qos}${number}` : ""}${flags & 1 ? " retain" : ""}${flags & 8 ? " dup" : ""}`;
        return `PUBLISH ${topic}${marks} ${content.summary}`;
      }
      case 8:
      case 10: {
        const number = id();
        options();
        const topics: string[] = [];
        while (reader.left > 0) {
          topics.push(text("topic"));
          if (type === 8) reader.uint("options", 1);
        }
        flat["mqtt.topic"] = topics.join(" ");
        return `${name} #${number} ${topics.join(" ")}`;
      }
      case 9:
      case 11: {
        const number = id();
        options();
        const codes: string[] = [];
        while (reader.left > 0) codes.push(String(reader.uint("code", 1)));
        return `${name} #${number} ${codes.join(" ")}`.trimEnd();
      }
      case 14:
      case 15: {
        const code = reason();
        options();
        return `${name}${code}`;
      }
      case 12:
      case 13:
        return name;
      default: {
        const number = id();
        const code = reason();
        options();
        return `${name} #${number}${code}`;
      }
    }
  }
}

interface Told {
  extra: Readonly<Record<string, string | number>>;
  fields: ReadMessage["fields"];
}

function readProperties(reader: Reader): void {
  reader.group("properties", () => {
    const length = leb128(reader.bytes, reader.at, reader.end, 4);
    if (!length) throw new Malformed("too short");
    reader.raw("length", length.next - reader.at);
    const end = reader.at + length.value;
    let count = 0;
    for (; reader.at < end; count++) readProperty(reader);
    return count === 0 ? "none" : `${count}`;
  });
}

function readProperty(reader: Reader): void {
  const known = properties[reader.peek(1)];
  if (known === undefined) throw new Malformed("unknown property");
  reader.skip(1);
  const [form, name] = [known[0] as string, known.slice(1)];
  const text = (what: string): string => reader.text(what, reader.uint("length", 2));
  if (form === "s") text(name);
  else if (form === "p") reader.group(name, () => `${text("name")} = ${text("value")}`);
  else if (form === "v") {
    const value = leb128(reader.bytes, reader.at, reader.end, 4);
    if (!value) throw new Malformed("too short");
    reader.raw(name, value.next - reader.at);
  } else reader.uint(name, Number(form));
}

/** Which packet answers which. Packet ids are each sender's own. */
function pairing(
  type: number,
  side: Side,
  flat: Readonly<Record<string, string | number>>,
): Pick<ReadMessage, "role" | "pair"> {
  const id = flat["mqtt.id"];
  const of = (
    role: ReadMessage["role"],
    what: string,
    from: number,
  ): Pick<ReadMessage, "role" | "pair"> => ({
    role,
    pair: `${what} ${from} ${id ?? ""}`,
  });
  switch (type) {
    case 1:
    case 12:
      return of("request", types[type] as string, side);
    case 2:
    case 13:
      return of("reply", types[type - 1] as string, 1 - side);
    case 3:
      return id === undefined ? { role: "other" } : of("request", "publish", side);
    case 4:
    case 5:
      return of("reply", "publish", 1 - side);
    case 6:
      return of("request", "release", side);
    case 7:
      return of("reply", "release", 1 - side);
    case 8:
    case 10:
      return of("request", "subscribe", side);
    case 9:
    case 11:
      return of("reply", "subscribe", 1 - side);
    default:
      return { role: "other" };
  }
}
