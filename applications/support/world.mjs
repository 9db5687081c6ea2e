/** Makes the world of an application from its description (see README.md). */
import { redis } from "lightcone/blocks";
import { world } from "lightcone";
import { fileURLToPath } from "node:url";
import { portOf, programsOf } from "./programs.mjs";

const applications = new URL("..", import.meta.url);

/** The world that runs `application` on hosts of its own, walks its flow again and again, and breaks it. */
export function applicationWorld(application) {
  const { title, hosts, flow, lasts = "60s" } = application;
  return world(title, (w) => {
    const at = (name) => {
      const port = portOf(programsOf(hosts[name]));
      return { host: name, port, address: `${name}:${port}` };
    };
    const crashing = [];
    for (const [name, host] of Object.entries(hosts)) {
      const programs = programsOf(host).map((program) => [
        program.name,
        planOf(application, program, at),
      ]);
      if (programs.length === 1) {
        const { program, ...options } = programs[0][1];
        w.host(name, program, options);
      } else {
        w.host(name, Object.fromEntries(programs));
      }
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

/** What a world is told of one program of a host. */
function planOf({ checkout }, { block, file, own, preload, port, env, argv, after, ends }, at) {
  if (block === "redis") return { program: redis({ port }) };
  return {
    program: own ? `./${own}` : `./checkouts/${checkout}/${file}`,
    env: env?.(at) ?? {},
    argv: argv?.(at) ?? [],
    ...(preload && { execArgv: ["--require", fileURLToPath(new URL(preload, applications))] }),
    ...(after && { after }),
    ...(ends ? {} : { restart: "1s" }),
  };
}
