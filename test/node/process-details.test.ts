/** What programs ask of `process`, and what Node writes on their behalf, compared with the real Node. */
import { describe, it } from "vitest";
import { both } from "./arms.ts";

const head = `
  import { execSync, spawnSync } from "node:child_process";
  import * as fs from "node:fs";
  const node = process.execPath;
  const folder = fs.mkdtempSync("/tmp/details-");
  process.chdir(folder);
  const run = (args, options) => {
    const { stdout, stderr, status } = spawnSync(node, args, { encoding: "utf8", ...options });
    return { stdout, stderr: stderr.replace(/node:\\d+/g, "node"), status };
  };
`;

describe("process.env", () => {
  it("can be cloned, alone and within a message, and takes no empty name", async () => {
    await both(`
      process.env.GIVEN = 42;
      process.env[""] = "x";
      const { port1, port2 } = new MessageChannel();
      port1.on("message", ({ env }) => { console.log(env.GIVEN, Object.getPrototypeOf(env) === Object.prototype); port1.close(); });
      port2.postMessage({ env: process.env });
      const copy = structuredClone(process.env);
      copy.GIVEN = "changed";
      console.log(process.env.GIVEN, copy.GIVEN, "" in process.env, process.env[""]);
      for (const wrong of [[], [{}, 4], [{}, { transfer: 3 }], [() => {}]]) {
        try { structuredClone(...wrong); console.log("cloned"); } catch (e) { console.log(e.name, e.code); }
      }
      console.log(structuredClone.length, structuredClone.name);
    `);
  });
});

describe("warnings", () => {
  it("are shown, kept quiet, traced or written to a file as flags and variables say", async () => {
    await both(`${head}
      fs.writeFileSync("warn.js", "process.emitWarning('once'); process.on('warning', (w) => console.log('heard', w.message))");
      const names = ["noDeprecation", "noProcessWarnings", "traceProcessWarnings", "throwDeprecation"];
      for (const flags of [[], ["--no-warnings"], ["--disable-warning=CODE"]]) console.log(run([...flags, "warn.js"]));
      console.log(/at .*warn.js:1:9/.test(run(["--trace-warnings", "warn.js"]).stderr));
      console.log(run(["warn.js"], { env: { NODE_NO_WARNINGS: "1" } }));
      console.log(run(["warn.js"], { env: { NODE_REDIRECT_WARNINGS: "told.txt" } }).stderr);
      console.log(fs.readFileSync("told.txt", "utf8").replace(/:\\d+/, ""));
      console.log(run(["--no-deprecation", "--throw-deprecation", "-p", \`\${JSON.stringify(names)}.map((n) => process[n])\`]).stdout);
    `);
  });
});

describe("a child", () => {
  it("is Node by any link that leads there, and has the title that it was called by", async () => {
    await both(`${head}
      fs.symlinkSync(node, "linked");
      const linked = spawnSync(folder + "/linked", ["-p", "process.execPath"], { encoding: "utf8" });
      console.log(linked.stdout.trim() === node, linked.status);
      console.log(run(["-p", "process.title === process.execPath"]).stdout);
      fs.writeFileSync("args.js", "console.log(process.execArgv, process.argv.slice(2))");
      console.log(run(["--no-warnings", "--", "args.js", "--", "-x"]).stdout);
    `);
  });

  it("has further descriptors than three, for node:fs, for sockets and for a shell", async () => {
    await both(`
      import { spawn, spawnSync } from "node:child_process";
      const text = "const fs = require('fs'); fs.writeSync(3, 'three '); fs.createWriteStream(null, { fd: 3 }).end('again');" +
        "const four = new (require('net').Socket)({ fd: 4 }); four.on('data', (data) => four.end('got ' + data));";
      const pipes = ["ignore", "inherit", "inherit", "pipe", "pipe"];
      const child = spawn(process.execPath, ["-e", text], { stdio: pipes });
      const heard = ["", ""];
      for (const i of [0, 1]) child.stdio[3 + i].on("data", (data) => (heard[i] += data));
      child.stdio[4].write("four");
      child.on("close", (code) => {
        console.log(code, child.stdio.length, heard);
        const { status, output } = spawnSync(process.execPath, ["-e", "require('fs').writeSync(4, 'sync')"], { stdio: pipes });
        console.log(status, output.map((one) => one && String(one)));
        const shell = spawn("sh", ["-c", "echo to three >&3"], { stdio: pipes });
        shell.stdio[3].on("data", (data) => console.log(String(data)));
      });
    `);
  });

  it("dies with all that its exception says, whatever became of its streams", async () => {
    await both(`${head}
      const tail = (source) => {
        const { stderr, status } = run(["-e", source]);
        return [stderr.split("\\n").filter((line) => /reason:|boom|Error: why|still/.test(line)).map((line) => line.trim()), status];
      };
      console.log(tail("const e = new Error('bo' + 'om'); e.reason = { deep: 'yes' }; e.cause = new Error('wh' + 'y'); process.stderr.write = () => true; throw e"));
      console.log(tail("process.on('uncaughtException', (e) => { e.reason = 1; throw e }); throw new Error('bo' + 'om')"));
      console.log(tail("process.nextTick = () => { throw 1 }; process.stderr.write = () => { throw 2 }; process._rawDebug('st' + 'ill %s', 'here')"));
    `);
  });
});

it("lists what is open and under way", async () => {
  await both(`
    import * as fs from "node:fs";
    import * as net from "node:net";
    const server = net.createServer((socket) => {
      const handles = process._getActiveHandles();
      console.log(handles.includes(server), handles.includes(socket), handles.includes(client));
      const names = process.getActiveResourcesInfo().filter((name) => name.startsWith("TCP"));
      console.log(names.sort());
      for (let i = 0; i < 3; i++) fs.stat("/", () => {});
      console.log(process._getActiveRequests().filter(({ constructor }) => constructor.name.startsWith("FSReq") || constructor.name === "Request").length);
      client.destroy(); socket.destroy(); server.close();
    }).listen(0);
    const client = net.connect({ port: await new Promise((r) => server.on("listening", () => r(server.address().port))) });
  `);
});

it("asks nobody for names of the Tor network", async () => {
  await both(`
    import * as dns from "node:dns";
    dns.resolveMx("foo.onion", (e) => console.log(e.message));
  `);
});
