/**
 * redlock 4.2.0 grants a lock for a time, by the clocks of its servers and of its holder: whoever pauses past that
 * time goes on as its holder, and a server that starts again without its memory grants it anew (Kleppmann 2016, "How to
 * do distributed locking"; by design). The world is the example of this repository.
 */
export { default } from "../examples/redlock/redlock.world.ts";
