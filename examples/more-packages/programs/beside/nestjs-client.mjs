/** What a client of the application in `nestjs` sees. */
import { crash, say } from "../roles.mjs";

export async function client(url) {
  const ask = async (path, options) => {
    const response = await fetch(url + path, options);
    return [response.status, await response.json()];
  };
  const post = (path, body, key = "secret") =>
    ask(path, {
      method: "POST",
      headers: { "content-type": "application/json", "x-key": key },
      body: JSON.stringify(body),
    });
  say("found", await ask("/cats/1"));
  say("missing", await ask("/cats/2"));
  say("not a number", await ask("/cats/tom"));
  say("forbidden", await post("/cats/sum/tcp", [1], "wrong"));
  say("sum over TCP", await post("/cats/sum/tcp", [1, 2, 3]));
  say("sum over Redis", await post("/cats/sum/redis", [4, 5]));
  say("error over TCP", await post("/cats/sum/tcp", []));
  say("error over Redis", await post("/cats/sum/redis", []));
  say("counted", await ask("/cats/count/4"));
  let entries;
  do [, entries] = await ask("/cats/ledger");
  while (entries.length < 3);
  say("ledger", entries.toSorted());

  crash();
  let down = false;
  for (;;) {
    const again = await ask("/cats/ledger").catch(() => void (down = true));
    if (again && again[1].length === 0) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  say("after the crash", down, await post("/cats/sum/redis", [20, 22]));
}
