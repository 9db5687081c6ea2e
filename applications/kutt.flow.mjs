/** The first administrator, a login, a key, a short link, its redirect, and the visit in its statistics. */
import { ask, shown, sleep, walk } from "./support/client.mjs";

const account = { email: "admin@example.com", password: "a long password" };
/** What has no browser's name is taken for a robot, and not counted. */
const browser = {
  "user-agent":
    "Mozilla/5.0 (X11; Linux x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
};

await walk(async ({ step, urls: [url], round }) => {
  const api = `${url}/api/v2`;
  if (round === 0) {
    await step(
      "the first administrator",
      async () => (await ask("POST", `${api}/auth/create-admin`, { body: account })).status,
    );
    await step(
      "no second one",
      async () => (await ask("POST", `${api}/auth/create-admin`, { body: account })).status,
    );
  }
  await step("a wrong password", async () =>
    shown(
      await ask("POST", `${api}/auth/login`, { body: { ...account, password: "something else" } }),
    ),
  );
  let cookie, key, link;
  await step("login", async () => {
    const answer = await ask("POST", `${api}/auth/login`, { body: account });
    cookie = `token=${answer.data.token}`;
    return shown(answer);
  });
  await step("a key", async () => {
    const answer = await ask("POST", `${api}/auth/apikey`, { headers: { cookie }, body: {} });
    key = answer.data.apikey;
    return { status: answer.status, length: key.length };
  });
  const headers = { "x-api-key": key };
  await step(
    "no key",
    async () =>
      (await ask("POST", `${api}/links`, { body: { target: "https://example.org" } })).status,
  );
  await step("a short link", async () => {
    const body = { target: "https://example.org/path?text=gr%C3%BC%C3%9Fe", description: "grüße" };
    const answer = await ask("POST", `${api}/links`, { headers, body });
    link = answer.data;
    return shown(answer, { address: link?.address });
  });
  await step("one with a name", async () => {
    const body = { target: "https://example.org/other", customurl: `name-${round}` };
    return shown(await ask("POST", `${api}/links`, { headers, body }));
  });
  await step("its redirect", async () => {
    const { status, location } = await ask("GET", `${url}/${link.address}`, { headers: browser });
    return { status, location };
  });
  await step("that of the other", async () => {
    const { status, location } = await ask("GET", `${url}/name-${round}`);
    return { status, location };
  });
  await step("one that is not there", async () => (await ask("GET", `${url}/nothing`)).status);
  await step("the visit is counted", async () => {
    for (let attempt = 0; ; attempt++) {
      const { status, data } = await ask("GET", `${api}/links`, { headers });
      const count = data.data.find(({ id }) => id === link.id)?.visit_count;
      if (count > 0 || attempt === 40) return { status, count };
      await sleep(250);
    }
  });
  await step("its statistics", async () => {
    const { status, data } = await ask("GET", `${api}/links/${link.id}/stats`, { headers });
    const { browser: browsers, os, country, referrer } = data.lastDay.stats;
    const some = (list) => list.filter(({ value }) => value > 0);
    return { status, browsers: some(browsers), systems: some(os), country, referrer };
  });
  await step("the links", async () => {
    const { status, data } = await ask("GET", `${api}/links`, { headers });
    return {
      status,
      total: data.total - 2 * round,
      targets: data.data.slice(0, 2).map(({ target }) => target),
    };
  });
  await step(
    "one removed",
    async () => (await ask("DELETE", `${api}/links/${link.id}`, { headers })).status,
  );
  await step("its redirect then", async () => (await ask("GET", `${url}/${link.address}`)).status);
});
