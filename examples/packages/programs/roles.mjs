/** Every program here has two roles; `server` says "ready" once it serves, `client` prints what it sees. */
export const host = process.env.SERVER ?? "127.0.0.1";
export const port = Number(process.env.PORT ?? 7000);
export const url = `http://${host}:${port}`;

/** Runs one of the two. A client that fails says so and exits with 1. */
export async function roles({ server, client }) {
  if (process.argv[2] === "server") {
    await server();
    return;
  }
  try {
    await client();
  } catch (error) {
    console.error(error);
    process.exitCode = 1;
  }
  // Agents and pools may keep idle connections open for a while: what had to be seen has been seen.
  process.exit();
}

/** The server listens. */
export function ready() {
  console.log("ready");
}

/** Waits for what comes to pass by itself. */
export async function until(condition) {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Prints a line for comparison. */
export function say(...values) {
  console.log(
    values.map((value) => (typeof value === "string" ? value : JSON.stringify(value))).join(" "),
  );
}

/** Has the server killed, and started again half a second later. */
export function crash() {
  console.log("!crash");
}
