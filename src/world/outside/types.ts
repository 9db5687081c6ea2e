/** Stand-ins for services outside, from the point of view of a world's author. */
import type { Duration } from "../../base/units.ts";
import type { InlineContext } from "../types.ts";

/** A request that a stand-in is asked. */
export interface ServiceRequest {
  readonly method: string;
  /** Without the query: "/v1/charges". */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** By names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body as text. */
  readonly body: string;
  /** The body as JSON; `undefined` if it is none. */
  readonly json: unknown;
}

/** What a stand-in answers. */
export interface ServiceAnswer {
  /** Default: 200. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text, or anything that is sent as JSON. */
  readonly body?: unknown;
}

/** What a stand-in can do besides answering. */
export interface ServiceContext extends InlineContext {
  /**
   * Delivers a webhook: a POST of JSON to a URL of the world. Answers other than 2xx, and none within 5 s, are tried again
   * after 1, 5 and 25 s.
   */
  webhook(
    url: string,
    body: unknown,
    options?: { readonly headers?: Readonly<Record<string, string>>; readonly in?: Duration },
  ): void;
}

/** A stand-in as a function. Its variables live as long as the service. */
export type ServiceHandler = (
  request: ServiceRequest,
  context: ServiceContext,
) => ServiceAnswer | Promise<ServiceAnswer>;

/** One recorded exchange. */
export interface RecordedExchange {
  readonly request: { readonly method: string; readonly path: string };
  readonly response: ServiceAnswer;
}

/**
 * What a service is: a function; the path of a JSON file, or its content: an OpenAPI 3 document, or a recording (a list of
 * exchanges, or a HAR file).
 */
export type Service = ServiceHandler | string | readonly RecordedExchange[] | object;
