/** The part of redlock 4.2.0 that the example uses; the package has no types of its own. */
declare module "redlock" {
  import type { Redis } from "ioredis";

  export interface Lock {
    readonly expiration: number;
    unlock(): Promise<void>;
  }

  export default class Redlock {
    constructor(clients: readonly Redis[], options?: { readonly retryCount?: number });
    lock(resource: string, ttlMs: number): Promise<Lock>;
    on(event: "clientError", listener: (error: Error) => void): this;
  }
}
