/** mongoose: schemas, validation and populated documents over a scripted peer of MongoDB's protocol; refused, silent and crashed servers. */
import mongoose from "mongoose";
import { once } from "node:events";
import { createServer } from "node:net";
import { serveMongo } from "./peers/mongo-peer.mjs";
import { crash, host, port, roles, say } from "./roles.mjs";

const { Schema } = mongoose;

await roles({
  server: serveMongo,
  async client() {
    // Nobody listens there; or somebody listens and says nothing.
    const soon = { serverSelectionTimeoutMS: 300 };
    const refused = await mongoose
      .createConnection(`mongodb://${host}:1/d`, { serverSelectionTimeoutMS: 2500 })
      .asPromise()
      .catch((error) => error);
    say("refused", refused.name, refused.reason.type, refused.message.includes("ECONNREFUSED"));
    const mute = createServer().listen(0, "127.0.0.1");
    await once(mute, "listening");
    const silent = await mongoose
      .createConnection(`mongodb://127.0.0.1:${mute.address().port}/d`, soon)
      .asPromise()
      .catch((error) => error);
    say("silent", silent.name, silent.message);

    const authors = new Schema({ _id: Number, name: { type: String, required: true, trim: true } });
    const books = new Schema({
      _id: Number,
      title: { type: String, minlength: 3 },
      author: { type: Number, ref: "Author" },
      year: { type: Number, min: 1450 },
    });
    books.virtual("label").get(function label() {
      return `${this.title} (${this.year})`;
    });
    authors.pre("save", function hook() {
      this.name = this.name.toUpperCase();
    });
    const Author = mongoose.model("Author", authors);
    const Book = mongoose.model("Book", books);
    mongoose.set("bufferTimeoutMS", 300);
    const buffered = await Author.findOne().catch((error) => error);
    say("buffered", buffered.name, buffered.message);

    await mongoose.connect(`mongodb://${host}:${port}/d`, {
      heartbeatFrequencyMS: 500,
      serverSelectionTimeoutMS: 60_000,
      autoIndex: false,
    });
    await Author.create({ _id: 1, name: "  ada " });
    await Book.create([
      { _id: 1, title: "Notes", author: 1, year: 1843 },
      { _id: 2, title: "Letters", author: 1, year: 1840 },
    ]);
    const invalid = await Book.create({ _id: 3, title: "x", year: 12 }).catch((error) => error);
    say("invalid", invalid.name, Object.keys(invalid.errors), invalid.errors.year.kind);
    const cast = await Book.findById("not a number").catch((error) => error);
    say("cast", cast.name, cast.message);
    const found = await Book.find({ author: 1 }).sort({ year: 1 }).populate("author");
    say(
      "found",
      found.map((book) => [book.label, book.author.name]),
    );
    const double = await Author.create({ _id: 1, name: "eve" }).catch((error) => error);
    say("double", double.name, double.code, double.keyPattern);
    await Book.updateOne({ _id: 2 }, { $set: { year: 1841 } });
    say("updated", (await Book.findById(2)).label, await Book.countDocuments({ author: 1 }));
    say(
      "deleted",
      await Book.deleteOne({ _id: 1 }),
      (await Book.find().lean()).map(({ _id }) => _id),
    );

    const seen = [];
    mongoose.connection.on("disconnected", () => seen.push("disconnected"));
    mongoose.connection.on("reconnected", () => seen.push("reconnected"));
    crash();
    while (!seen.includes("disconnected")) await new Promise((resolve) => setTimeout(resolve, 20));
    // It waits until there is a server again, which has forgotten everything.
    say("after the crash", await Author.create({ _id: 1, name: "eve" }).then(({ name }) => name));
    say(
      "authors",
      (await Author.find().lean()).map(({ name }) => name),
      await Book.find().lean(),
    );
    say("seen", seen);
    await mongoose.disconnect();
  },
});
