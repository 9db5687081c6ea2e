/**
 * Checks whether an HTTP message is malformed (RFC 9113, section 8), field by field as nghttp2
 * does: strictly for pseudo-header fields, more leniently for the others.
 */

/** How to treat a received field. */
export type FieldVerdict = "accept" | "ignore" | "remove" | "reject";

/** The kind of a block of fields. */
export type BlockKind = "request" | "response" | "trailers";

const NOT_LOWER_TOKEN = /[^!#$%&'*+\-.^_`|~0-9a-z]/;
const TOKEN_ANY_CASE = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
// Tabs, printable characters, and characters beyond ASCII.
// oxlint-disable-next-line no-control-regex
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const VALUE_EDGES = /^[\t ]|[\t ]$/;
const AUTHORITY = /^[!$%&'()*+,\-.0-9:;=A-Z[\]_a-z~]*$/;
const PATH = /^[\x21-\x7e\x80-\xff]+$/;
const SCHEME = /^[A-Za-z][A-Za-z0-9+\-.]*$/;
const DIGITS = /^[0-9]+$/;

const connectionFields = new Set([
  ...["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"],
]);

/** The rules for one stream's messages, and the fields seen so far. */
export class MessageRules {
  readonly #streamId: number;
  #seen = new Set<string>();
  #pseudoAllowed = true;
  #method = "";
  #scheme = "";
  #path = "";
  #status = -1;
  #contentLength = -1;
  #received = 0;
  #expectFinal = false;
  /** Leading and trailing white space of a value is an error (RFC 9113). */
  strictWhitespace = true;

  constructor(streamId: number) {
    this.#streamId = streamId;
  }

  /** Records the method of the request that was sent. A response to HEAD has no body. */
  requestSent(method: string): void {
    this.#method = method;
  }

  /** True if the next block still has to be the final response. */
  get expectsFinalResponse(): boolean {
    return this.#expectFinal;
  }

  /** Checks one received field. */
  field(
    name: string,
    value: string,
    kind: BlockKind,
    isRequest: boolean,
    connectProtocol: boolean,
  ): FieldVerdict {
    if (name.length === 0) {
      this.#pseudoAllowed = false;
      return "ignore";
    }
    if (name.startsWith(":")) {
      if (kind === "trailers" || !this.#pseudoAllowed) return "reject";
    } else {
      this.#pseudoAllowed = false;
      const odd = NOT_LOWER_TOKEN.exec(name);
      if (odd) return /[A-Z]/.test(odd[0]) ? "reject" : "ignore";
    }
    return isRequest
      ? this.#requestField(name, value, connectProtocol)
      : this.#responseField(name, value);
  }

  /** Called at the end of a block of request fields. */
  requestEnd(isPromise: boolean): boolean {
    const seen = this.#seen;
    if (!seen.has(":protocol") && this.#method === "CONNECT") {
      if (seen.has(":scheme") || seen.has(":path") || !seen.has(":authority")) return false;
      this.#contentLength = -1;
    } else {
      if (!seen.has(":method") || !seen.has(":path") || !seen.has(":scheme")) return false;
      if (!seen.has(":authority") && !seen.has("host")) return false;
      if (seen.has(":protocol") && (this.#method !== "CONNECT" || !seen.has(":authority"))) {
        return false;
      }
      if (/^https?$/i.test(this.#scheme) && !this.#path.startsWith("/")) {
        if (this.#method !== "OPTIONS" || this.#path !== "*") return false;
      }
    }
    if (isPromise) this.#nextMessage();
    return true;
  }

  /** Called at the end of a block of response fields. */
  responseEnd(): boolean {
    if (this.#status < 0) return false;
    if (this.#status < 200) {
      this.#nextMessage();
      this.#expectFinal = true;
      return true;
    }
    this.#expectFinal = false;
    if (this.#method === "HEAD" || this.#status === 304 || this.#status === 204) {
      this.#contentLength = 0;
    } else if (this.#method === "CONNECT") {
      this.#contentLength = -1;
    }
    return true;
  }

  /** Called for a received chunk of the body. */
  dataChunk(bytes: number): boolean {
    this.#received += bytes;
    if (this.#expectFinal) return false;
    return this.#contentLength < 0 || this.#received <= this.#contentLength;
  }

  /** Called when the peer has ended the stream. */
  remoteEnd(): boolean {
    if (this.#expectFinal) return false;
    return this.#contentLength < 0 || this.#received === this.#contentLength;
  }

  #nextMessage(): void {
    this.#seen = new Set();
    this.#pseudoAllowed = true;
    this.#contentLength = -1;
    this.#status = -1;
  }

  #once(name: string, value: string): boolean {
    if (this.#seen.has(name) || value.length === 0) return false;
    this.#seen.add(name);
    return true;
  }

  #validValue(value: string): boolean {
    return VALUE.test(value) && !(this.strictWhitespace && VALUE_EDGES.test(value));
  }

  #requestField(name: string, value: string, connectProtocol: boolean): FieldVerdict {
    switch (name) {
      case ":authority":
        return verdict(AUTHORITY.test(value) && this.#once(name, value));
      case ":method":
        if (!TOKEN_ANY_CASE.test(value) || !this.#once(name, value)) return "reject";
        this.#method = value;
        return verdict(value !== "CONNECT" || this.#streamId % 2 === 1);
      case ":path":
        this.#path = value;
        return verdict(PATH.test(value) && this.#once(name, value));
      case ":scheme":
        this.#scheme = value;
        return verdict(SCHEME.test(value) && this.#once(name, value));
      case ":protocol":
        return verdict(connectProtocol && this.#once(name, value) && this.#validValue(value));
      case "host":
        if (!AUTHORITY.test(value)) return "ignore";
        return verdict(this.#once(name, value));
      case "content-length":
        return verdict(this.#setContentLength(value));
      default:
        return this.#otherField(name, value);
    }
  }

  #responseField(name: string, value: string): FieldVerdict {
    if (name === ":status") {
      if (!this.#once(name, value) || !/^[1-9][0-9]{2}$/.test(value)) return "reject";
      this.#status = Number(value);
      return verdict(this.#status !== 101);
    }
    if (name === "content-length") {
      if (this.#status === 204) {
        // Prohibited, but widely sent: a zero is accepted, but not passed to the program.
        if (this.#contentLength >= 0 || value !== "0") return "reject";
        this.#contentLength = 0;
        return "remove";
      }
      if (this.#status >= 100 && this.#status < 200) return "reject";
      if (this.#status >= 200 && this.#status < 300 && this.#method === "CONNECT") return "remove";
      return verdict(this.#setContentLength(value));
    }
    return this.#otherField(name, value);
  }

  #setContentLength(value: string): boolean {
    if (this.#contentLength >= 0 || !DIGITS.test(value)) return false;
    this.#contentLength = Number(value);
    return true;
  }

  #otherField(name: string, value: string): FieldVerdict {
    if (name.startsWith(":") || connectionFields.has(name)) return "reject";
    if (name === "te") return verdict(/^trailers$/i.test(value));
    return this.#validValue(value) ? "accept" : "ignore";
  }
}

function verdict(holds: boolean): FieldVerdict {
  return holds ? "accept" : "reject";
}
