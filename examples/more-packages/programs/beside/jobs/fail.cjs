/** A job of `bree.mjs` that fails. */
throw new Error("no luck today");
