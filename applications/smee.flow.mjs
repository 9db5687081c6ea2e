/** A page, a new channel, a subscriber on one instance, a webhook to the other, and what the subscriber gets. */
import { ask, hide, shown, walk } from "./support/client.mjs";

await walk(async ({ step, urls: [first, second], round }) => {
  const channel = `channel-${round}`;
  await step("the front page", async () => {
    const { status, kind, text } = await ask("GET", first);
    return { status, kind, title: /<title>(.*?)<\/title>/.exec(text)?.[1] };
  });
  await step("a new channel", async () => {
    const { status, location } = await ask("GET", `${first}/new`);
    return { status, length: location.replace(first, "").length };
  });
  await step("a channel that must not be", async () =>
    shown(await ask("POST", `${first}/a.b`, { body: {} })),
  );
  const events = await subscribe(`${second}/${channel}`);
  try {
    await step("the subscriber is welcomed", async () => await events.next());
    for (const n of [1, 2, 3]) {
      await step(`webhook ${n}`, async () =>
        shown(
          await ask("POST", `${first}/${channel}?n=${n}`, {
            body: { n, text: "grüße" },
            headers: { "x-github-event": "push" },
          }),
        ),
      );
      await step(`what is forwarded of webhook ${n}`, async () => {
        const event = await events.next();
        const data = JSON.parse(event.data);
        delete data["host"];
        return { ...event, data: { ...data, timestamp: typeof data.timestamp } };
      });
    }
  } finally {
    events.close();
  }
});

/** Subscribes to server-sent events; `next()` resolves to the next one. */
async function subscribe(url) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(new Error("no event")), 20_000);
  const response = await fetch(url, {
    headers: { accept: "text/event-stream" },
    signal: stop.signal,
  });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  return {
    async next() {
      for (;;) {
        const end = text.indexOf("\n\n");
        if (end >= 0) {
          const lines = text.slice(0, end).split("\n");
          text = text.slice(end + 2);
          return Object.fromEntries(
            lines.map((line) => [
              line.slice(0, line.indexOf(":")),
              hide(line.slice(line.indexOf(":") + 2)),
            ]),
          );
        }
        const { value, done } = await reader.read();
        if (done) throw new Error("the stream of events ended");
        text += value;
      }
    },
    close() {
      clearTimeout(timer);
      stop.abort();
    },
  };
}
