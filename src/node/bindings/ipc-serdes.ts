/**
 * `internalBinding('ipc_serdes')`: how messages between a process and its child are written where
 * `serialization` is "advanced". Node 24 has moved this to C++; until 22 its library does the same with
 * the serializer of `node:v8`, as this does, and the bytes are the same.
 */
import { DefaultDeserializer, DefaultSerializer } from "node:v8";

/** What stands in front of an object of C++: bytes, or anything else, of which its own fields travel. */
const BYTES = 0;
const FIELDS = 1;

/** The length of what follows, as a big-endian number. */
const LENGTH_BYTES = 4;

/** The two calls by which the class hears of objects that V8 does not know. */
interface HostObjects {
  _writeHostObject(object: object): void;
  _readHostObject(): unknown;
}

class Writer extends DefaultSerializer {
  _writeHostObject(object: object): void {
    const { _writeHostObject } = DefaultSerializer.prototype as unknown as HostObjects;
    this.writeUint32(ArrayBuffer.isView(object) ? BYTES : FIELDS);
    if (ArrayBuffer.isView(object)) _writeHostObject.call(this, object);
    else this.writeValue({ ...object });
  }
}

class Reader extends DefaultDeserializer {
  _readHostObject(): unknown {
    const { _readHostObject } = DefaultDeserializer.prototype as unknown as HostObjects;
    return this.readUint32() === BYTES ? _readHostObject.call(this) : this.readValue();
  }
}

function serialize(message: unknown): Buffer {
  const writer = new Writer();
  writer.writeRawBytes(Buffer.alloc(LENGTH_BYTES));
  writer.writeHeader();
  writer.writeValue(message);
  const bytes = writer.releaseBuffer();
  bytes.writeUInt32BE(bytes.length - LENGTH_BYTES);
  return bytes;
}

function deserialize(bytes: Uint8Array): unknown {
  const reader = new Reader(bytes);
  reader.readHeader();
  return reader.readValue();
}

/** Makes the binding; it has no state. */
export function createIpcSerdesBinding(): object {
  return { serialize, deserialize };
}
