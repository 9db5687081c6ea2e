/** The page, a paste that is created and read back in each of its forms, one that is not there, one that is too long. */
import { ask, shown, walk } from "./support/client.mjs";

await walk(async ({ step, urls: [url] }) => {
  await step("the front page", async () => {
    const { status, kind, text } = await ask("GET", url);
    return { status, kind, title: /<title>(.*?)<\/title>/.exec(text)?.[1] };
  });
  await step("its script", async () => {
    const { status, kind, text } = await ask("GET", `${url}/application.min.js`);
    return { status, kind, length: text.length };
  });
  await step("what it is about", async () => shown(await ask("GET", `${url}/documents/about`)));
  let key;
  await step("a paste", async () => {
    const answer = await ask("POST", `${url}/documents`, { body: "let answer = 42; // grüße\n" });
    key = answer.data.key;
    return { ...shown(answer, { key }), length: key.length };
  });
  await step("read back", async () => shown(await ask("GET", `${url}/documents/${key}`), { key }));
  await step("read back as text", async () =>
    shown(await ask("GET", `${url}/raw/${key}.js`), { key }),
  );
  await step("its head", async () => shown(await ask("HEAD", `${url}/raw/${key}`), { key }));
  await step("its page", async () => (await ask("GET", `${url}/${key}`)).status);
  await step("a paste that is not there", async () =>
    shown(await ask("GET", `${url}/documents/none`)),
  );
  await step("a paste that is too long", async () =>
    shown(await ask("POST", `${url}/documents`, { body: "x".repeat(400_001) })),
  );
});
