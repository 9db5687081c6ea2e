/** The flow of a RealWorld backend, as NestJS serves it. */
import { walkRealWorld } from "./support/realworld.mjs";

await walkRealWorld();
