/**
 * Preloaded before an application that says `new PrismaClient()`: a client without a native engine needs a driver
 * adapter, and older applications give none. Theirs is the one for `pg`, with the `DATABASE_URL` of the environment.
 */
const { createRequire } = require("node:module");

const ofApplication = createRequire(`${process.cwd()}/`);
const client = ofApplication("@prisma/client");
const { PrismaPg } = ofApplication("@prisma/adapter-pg");
const { PrismaClient } = client;

client.PrismaClient = class extends PrismaClient {
  constructor(options = {}) {
    super({ adapter: new PrismaPg({ connectionString: process.env.DATABASE_URL }), ...options });
  }
};
