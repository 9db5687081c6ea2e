/** jsonwebtoken: an API that lets in whoever bears a valid token (HS256, RS256, PS256, ES256), and says why it does not. */
import crypto from "node:crypto";
import http from "node:http";
import jwt from "jsonwebtoken";
import { port, ready, roles, say, url } from "./roles.mjs";

const kinds = {
  HS256: () => {
    const secret = crypto.randomBytes(32);
    return { privateKey: secret, publicKey: secret };
  },
  RS256: () => crypto.generateKeyPairSync("rsa", { modulusLength: 2_048 }),
  PS256: () => crypto.generateKeyPairSync("rsa", { modulusLength: 2_048 }),
  ES256: () => crypto.generateKeyPairSync("ec", { namedCurve: "P-256" }),
};

await roles({
  server() {
    const keys = Object.fromEntries(Object.entries(kinds).map(([alg, make]) => [alg, make()]));
    http
      .createServer((request, response) => {
        const { pathname, searchParams } = new URL(request.url, url);
        const alg = searchParams.get("alg");
        if (pathname === "/login") {
          const options = { algorithm: alg, expiresIn: searchParams.get("for"), subject: "ann" };
          response.end(jwt.sign({ role: "admin" }, keys[alg].privateKey, options));
          return;
        }
        const token = request.headers.authorization.replace("Bearer ", "");
        jwt.verify(token, keys[alg].publicKey, { algorithms: [alg] }, (error, claims) => {
          if (error) response.writeHead(401).end(`${error.name}: ${error.message}`);
          else response.end(`${claims.sub} is ${claims.role} for ${claims.exp - claims.iat} s`);
        });
      })
      .listen(port, ready);
  },
  async client() {
    for (const alg of Object.keys(kinds)) {
      const login = async (time) => (await fetch(`${url}/login?alg=${alg}&for=${time}`)).text();
      const enter = async (token) => {
        const headers = { authorization: `Bearer ${token}` };
        const response = await fetch(`${url}/?alg=${alg}`, { headers });
        return [response.status, await response.text()];
      };
      const token = await login("1h");
      say(alg, jwt.decode(token, { complete: true }).header, ...(await enter(token)));
      const [head, , signature] = token.split(".");
      const body = Buffer.from('{"sub":"eve","role":"root"}').toString("base64url");
      say("forged", ...(await enter([head, body, signature].join("."))));
      say("late", ...(await enter(await login("-1s"))));
      const none = jwt.sign({ sub: "eve" }, "", { algorithm: "none" });
      say("unsigned", ...(await enter(none)));
    }
  },
});
