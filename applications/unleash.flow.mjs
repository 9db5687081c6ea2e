/** A login, a feature toggle that is created, switched on and off, and what a client is told of it each time. */
import { ask, hide, shown, walk } from "./support/client.mjs";

const admin = { authorization: "*:*.unleash-admin-token" };
const client = { authorization: "default:development.unleash-client-token" };

await walk(async ({ step, urls: [url], round }) => {
  const name = `toggle-${round}`;
  const features = `${url}/api/admin/projects/default/features`;
  /** What a client is told. The server may take a while to tell it. */
  const seenByClient = async (expected) => {
    for (let attempt = 0; ; attempt++) {
      const { status, data } = await ask("GET", `${url}/api/client/features`, { headers: client });
      const found = data.features.find((feature) => feature.name === name);
      if (found?.enabled === expected || attempt === 20) return { status, found };
      await new Promise((done) => setTimeout(done, 500));
    }
  };
  await step("health", async () => shown(await ask("GET", `${url}/health`)));
  await step("login", async () => {
    const answer = await ask("POST", `${url}/auth/simple/login`, {
      body: { username: "admin", password: "unleash4all" },
    });
    const { status, data } = answer;
    return {
      status,
      user: JSON.parse(
        hide(
          JSON.stringify({
            ...data,
            seenAt: undefined,
            loginAttempts: undefined,
            scimId: undefined,
          }),
        ),
      ),
    };
  });
  await step("a wrong password", async () => {
    const { status, data } = await ask("POST", `${url}/auth/simple/login`, {
      body: { username: "admin", password: "guess" },
    });
    return { status, name: data.name };
  });
  await step("no token", async () => (await ask("GET", features)).status);
  await step("a new toggle", async () =>
    shown(
      await ask("POST", features, {
        headers: admin,
        body: { name, type: "release", description: "grüße" },
      }),
    ),
  );
  await step("the same again", async () => {
    const { status, data } = await ask("POST", features, {
      headers: admin,
      body: { name, type: "release" },
    });
    return { status, name: data.name };
  });
  await step("a strategy for it", async () => {
    const answer = await ask("POST", `${features}/${name}/environments/development/strategies`, {
      headers: admin,
      body: {
        name: "flexibleRollout",
        parameters: { rollout: "50", stickiness: "default", groupId: name },
      },
    });
    return shown(answer, { id: answer.data.id });
  });
  await step("what a client sees", async () =>
    JSON.parse(hide(JSON.stringify(await seenByClient(false)))),
  );
  await step(
    "switched on",
    async () =>
      (
        await ask("POST", `${features}/${name}/environments/development/on`, {
          headers: admin,
          body: {},
        })
      ).status,
  );
  await step("what a client sees then", async () => (await seenByClient(true)).found.enabled);
  await step(
    "switched off",
    async () =>
      (
        await ask("POST", `${features}/${name}/environments/development/off`, {
          headers: admin,
          body: {},
        })
      ).status,
  );
  await step("what a client sees at last", async () => (await seenByClient(false)).found.enabled);
});
