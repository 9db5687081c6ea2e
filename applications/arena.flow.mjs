/** The list of queues, a queue's page, a job that is added by hand, its page and its data, and its removal. */
import { ask, hide, shown, walk } from "./support/client.mjs";

await walk(async ({ step, urls: [url] }) => {
  const queue = "Queue%20Server%202/name_of_my_queue_2";
  /** The text of a page, without its markup. */
  const page = async (path) => {
    const { status, text } = await ask("GET", `${url}/${path}`);
    const words = text
      .replaceAll(/<(script|style)[\s\S]*?<\/\1>/g, " ")
      .replaceAll(/<[^>]*>/g, " ");
    return { status, words: words.replaceAll(/\s+/g, " ").trim() };
  };
  await step("the queues", async () => page(""));
  await step("a queue that is not there", async () => page("nobody/nothing"));
  let id;
  await step("a job added", async () => {
    const body = { name: "by hand", data: { text: "grüße", n: 7 }, opts: { attempts: 3 } };
    return shown(await ask("POST", `${url}/api/queue/${queue}/job`, { body }));
  });
  const jobs = async (state) => {
    const { status, data } = await ask("GET", `${url}/${queue}/${state}.json?page=1&pageSize=5`);
    return { status, jobs: data };
  };
  await step("the jobs that wait", async () => {
    const answer = await jobs("waiting");
    id = answer.jobs.at(-1).id;
    return JSON.parse(hide(JSON.stringify(answer)).replaceAll(/\d{13}/g, "0"));
  });
  await step("its page", async () => {
    const { status, words } = await page(`${queue}/${id}`);
    return { status, named: words.includes("by hand"), data: words.includes("grüße") };
  });
  await step("its data changed", async () =>
    shown(
      await ask("PUT", `${url}/api/queue/${queue}/job/${id}/data`, { body: { text: "other" } }),
    ),
  );
  await step("its data then", async () => (await jobs("waiting")).jobs.at(-1).data);
  await step("removed", async () =>
    shown(await ask("DELETE", `${url}/api/queue/${queue}/job/${id}`)),
  );
  await step("the jobs that wait then", async () => jobs("waiting"));
});
