/** Makes the world of an application from its description (see README.md). */
import { redis } from "lightcone/blocks";
import { world } from "lightcone";

/** The world that runs `application` on hosts of its own, walks its flow again and again, and breaks it. */
export function applicationWorld(application) {
  const { title, hosts, flow, lasts = "60s" } = application;
  return world(title, (w) => {
    const at = (name) => ({
      host: name,
      port: hosts[name].port,
      address: `${name}:${hosts[name].port}`,
    });
    const crashing = [];
    for (const [name, host] of Object.entries(hosts)) {
      if (host.block === "redis") {
        w.host(name, redis({ port: host.port }));
        continue;
      }
      w.host(name, placeOf(application, host), {
        env: host.env?.(at) ?? {},
        argv: host.argv?.(at) ?? [],
        ...(host.keeps ? {} : { restart: "1s" }),
      });
      if (!host.keeps) crashing.push(name);
    }
    const servers = Object.entries(hosts).filter(([, { serves }]) => serves);
    w.host("client", `./${flow}`, {
      argv: ["again", ...servers.map(([name]) => `http://${at(name).address}`)],
    });
    w.faults(w.crash(crashing, { how: "process" }), w.partition(), w.latency());
    w.run(lasts);
  });
}

/** The path of a host's program, seen from the world file. */
function placeOf({ checkout }, { file, own }) {
  return own ? `./${own}` : `./checkouts/${checkout}/${file}`;
}
