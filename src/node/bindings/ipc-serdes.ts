/**
 * `internalBinding('ipc_serdes')`: the format of messages between a process and its child with
 * `serialization: "advanced"`. Node 24 moved this to C++. Until Node 22 its library did the same
 * with the serializer of `node:v8`; so does this code, and the bytes are the same.
 */
import { Buffer } from "node:buffer";
import { DefaultDeserializer, DefaultSerializer } from "node:v8";

/** The tag before a host object: bytes, or any other object, of which its own fields are sent. */
const BYTES = 0;
const FIELDS = 1;

/** The size of the length prefix, a big-endian number. */
const LENGTH_BYTES = 4;

/** The two methods that handle objects unknown to V8. */
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

/** Creates the binding. It has no state. */
export function createIpcSerdesBinding(): object {
  return { serialize, deserialize };
}
