/** capnp-es: messages of structs, lists, texts and 64-bit numbers, plain and packed, framed over TCP, again after a crash. */
import * as capnp from "capnp-es";
import { connect, createServer } from "node:net";
import { crash, host, port, ready, roles, say } from "./roles.mjs";

// What the compiler of schemas makes of
//   struct Person { id @0 :UInt32; born @1 :Int64; name @2 :Text; emails @3 :List(Text); friends @4 :List(Person); }
class Person extends capnp.Struct {
  static _capnp = {
    displayName: "Person",
    id: "a93fc509624c72d9",
    size: new capnp.ObjectSize(16, 3),
  };
  static _Friends;
  get id() {
    return capnp.utils.getUint32(0, this);
  }
  set id(value) {
    capnp.utils.setUint32(0, value, this);
  }
  get born() {
    return capnp.utils.getInt64(8, this);
  }
  set born(value) {
    capnp.utils.setInt64(8, value, this);
  }
  get name() {
    return capnp.utils.getText(0, this);
  }
  set name(value) {
    capnp.utils.setText(0, value, this);
  }
  get emails() {
    return capnp.utils.getList(1, capnp.TextList, this);
  }
  _initEmails(length) {
    return capnp.utils.initList(1, capnp.TextList, length, this);
  }
  get friends() {
    return capnp.utils.getList(2, Person._Friends, this);
  }
  _initFriends(length) {
    return capnp.utils.initList(2, Person._Friends, length, this);
  }
}
Person._Friends = capnp.CompositeList(Person);

/** Cuts a stream into frames: a length, then a message. */
function frames(socket, take) {
  let rest = Buffer.alloc(0);
  socket.on("data", (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 4 && rest.length >= 4 + rest.readUInt32LE()) {
      const end = 4 + rest.readUInt32LE();
      take(rest.subarray(4, end));
      rest = rest.subarray(end);
    }
  });
}

function send(socket, bytes) {
  const head = Buffer.alloc(4);
  head.writeUInt32LE(bytes.byteLength);
  socket.write(Buffer.concat([head, Buffer.from(bytes)]));
}

function make(many) {
  const message = new capnp.Message();
  const ada = message.initRoot(Person);
  ada.id = 1;
  ada.born = -4_870_000_000_000n;
  ada.name = "Ada, countess of Lövelace";
  const emails = ada._initEmails(2);
  emails.set(0, "ada@example.com");
  emails.set(1, "countess@example.com");
  const friends = ada._initFriends(many);
  for (let i = 0; i < many; i++) {
    const friend = friends.get(i);
    friend.id = i + 2;
    friend.name = `friend ${i}`;
  }
  return message;
}

const read = (bytes, packed) => new capnp.Message(bytes, packed).getRoot(Person);

await roles({
  server() {
    createServer((socket) => {
      socket.on("error", () => {});
      frames(socket, (bytes) => {
        const person = read(bytes, true);
        const answer = new capnp.Message();
        const root = answer.initRoot(Person);
        root.id = person.friends.length;
        root.born = person.born * 2n;
        root.name = person.name.toUpperCase();
        root._initEmails(1).set(0, person.friends.length > 0 ? person.friends.at(-1).name : "none");
        send(socket, answer.toPackedArrayBuffer());
      });
    }).listen(port, ready);
  },
  async client() {
    const person = read(make(3).toArrayBuffer(), false);
    say(
      "plain",
      person.id,
      String(person.born),
      person.name,
      [...person.emails],
      [...person.friends].map(({ id, name }) => [id, name]),
    );
    for (const many of [0, 3, 1000]) {
      const [plain, packed] = [make(many).toArrayBuffer(), make(many).toPackedArrayBuffer()];
      say("sizes", plain.byteLength, packed.byteLength);
    }

    const open = () =>
      new Promise((resolve, reject) => {
        const socket = connect(port, host, () => resolve(socket));
        socket.once("error", reject);
      });
    const ask = (socket, many) =>
      new Promise((resolve, reject) => {
        socket.once("close", () => reject(new Error("closed")));
        socket.on("error", () => {});
        frames(socket, (bytes) => {
          const { id, born, name, emails } = read(bytes, true);
          resolve([id, String(born), name, emails.get(0)]);
        });
        send(socket, make(many).toPackedArrayBuffer());
      });
    const socket = await open();
    say("asked", await ask(socket, 2000));
    crash();
    await new Promise((resolve) => socket.once("close", resolve));
    for (;;) {
      const answer = await open()
        .then((again) => ask(again, 0))
        .catch(() => undefined);
      if (answer === undefined) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        continue;
      }
      say("asked again", answer);
      break;
    }
  },
});
