/** One server for the tests of a block, and clients of it that last as long as a test. */
import { afterAll, afterEach, beforeAll } from "vitest";
import type { Arm, startOurs } from "./arms.ts";
import { RawClient } from "./raw-client.ts";

/** Starts a server before the tests of the block around, and stops it after. Gives what connects to it. */
export function clientsOf(
  start: typeof startOurs,
  settings: Record<string, string> = {},
): () => Promise<RawClient> {
  let arm: Arm;
  let clients: RawClient[] = [];
  beforeAll(async () => {
    arm = await start(settings);
  });
  afterAll(() => arm.stop());
  afterEach(() => {
    for (const client of clients) client.close();
    clients = [];
  });
  return async () => {
    const client = await RawClient.open(arm.port);
    clients.push(client);
    return client;
  };
}
