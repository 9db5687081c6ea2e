/** The flow of a RealWorld backend, as Express and Prisma serve it. */
import { walkRealWorld } from "./support/realworld.mjs";

await walkRealWorld();
