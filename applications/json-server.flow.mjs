/** A list, filtered and sorted, and a resource that is created, read, changed, replaced and deleted. */
import { ask, shown, walk } from "./support/client.mjs";

await walk(async ({ step, urls: [url] }) => {
  await step("the front page", async () => {
    const { status, kind, text } = await ask("GET", url);
    return { status, kind, title: /<title>(.*?)<\/title>/.exec(text)?.[1] };
  });
  await step("all posts", async () => shown(await ask("GET", `${url}/posts`)));
  await step("sorted and paged", async () =>
    shown(await ask("GET", `${url}/posts?_sort=-views&_page=1&_per_page=1`)),
  );
  await step("with their comments", async () =>
    shown(await ask("GET", `${url}/posts?_embed=comments`)),
  );
  let id;
  const hidden = () => ({ id });
  await step("a new post", async () => {
    const answer = await ask("POST", `${url}/posts`, { body: { title: "grüße", views: 7 } });
    id = answer.data.id;
    return shown(answer, hidden());
  });
  await step("read back", async () => shown(await ask("GET", `${url}/posts/${id}`), hidden()));
  await step("changed", async () =>
    shown(await ask("PATCH", `${url}/posts/${id}`, { body: { views: 8 } }), hidden()),
  );
  await step("replaced", async () =>
    shown(await ask("PUT", `${url}/posts/${id}`, { body: { title: "other" } }), hidden()),
  );
  await step("found by its title", async () =>
    shown(await ask("GET", `${url}/posts?title=other`), hidden()),
  );
  await step("deleted", async () => shown(await ask("DELETE", `${url}/posts/${id}`), hidden()));
  await step("gone", async () => shown(await ask("GET", `${url}/posts/${id}`), hidden()));
});
