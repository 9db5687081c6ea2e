/** jose: tokens signed with ES256, PS256, RS256, EdDSA and HS256 and checked against a remote key set; tokens encrypted with RSA-OAEP, ECDH-ES and AES key wrap. */
import http from "node:http";
import * as jose from "jose";
import { port, ready, roles, say, url } from "./roles.mjs";

const signatures = ["ES256", "ES384", "PS256", "RS256", "EdDSA"];
const encryptions = ["RSA-OAEP", "RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A128KW"];

await roles({
  async server() {
    const keys = new Map();
    for (const alg of [...signatures, ...encryptions]) {
      keys.set(alg, await jose.generateKeyPair(alg, { extractable: true }));
    }
    const jwks = { keys: [] };
    for (const [alg, { publicKey }] of keys) {
      const use = signatures.includes(alg) ? "sig" : "enc";
      jwks.keys.push({ ...(await jose.exportJWK(publicKey)), alg, use, kid: alg });
    }
    const answer = async (path, search) => {
      if (path === "/keys") return jwks;
      const { privateKey } = keys.get(search.get("alg"));
      if (path === "/open") {
        const { plaintext, protectedHeader } = await jose.compactDecrypt(
          search.get("token"),
          privateKey,
        );
        return { text: new TextDecoder().decode(plaintext), enc: protectedHeader.enc };
      }
      const token = new jose.SignJWT({ role: "admin" })
        .setProtectedHeader({ alg: search.get("alg"), kid: search.get("alg") })
        .setIssuer("urn:issuer")
        .setIssuedAt()
        .setExpirationTime(search.get("for"));
      return { token: await token.sign(privateKey) };
    };
    http
      .createServer(async (request, response) => {
        const { pathname, searchParams } = new URL(request.url, url);
        try {
          response.setHeader("content-type", "application/json");
          response.end(JSON.stringify(await answer(pathname, searchParams)));
        } catch (error) {
          response.writeHead(400).end(JSON.stringify({ error: error.code }));
        }
      })
      .listen(port, ready);
  },
  async client() {
    const get = async (path, query) =>
      (await fetch(`${url}${path}?${new URLSearchParams(query)}`)).json();
    const keySet = jose.createRemoteJWKSet(new URL(`${url}/keys`));
    const jwks = await get("/keys");
    const known = jose.createLocalJWKSet(jwks);
    for (const alg of signatures) {
      const { token } = await get("/token", { alg, for: "1h" });
      const { payload, protectedHeader } = await jose.jwtVerify(token, keySet, {
        issuer: "urn:issuer",
      });
      say(alg, protectedHeader, payload.role, token.length);
      const forged = token.replace(/\.[^.]+\./, `.${jose.base64url.encode('{"role":"root"}')}.`);
      await jose.jwtVerify(forged, keySet).catch(({ code }) => say("forged", code));
    }
    const { token: late } = await get("/token", { alg: "ES256", for: "-1h" });
    await jose.jwtVerify(late, known).catch(({ code, claim }) => say("late", code, claim));
    for (const alg of encryptions) {
      for (const enc of ["A256GCM", "A128CBC-HS256"]) {
        const key = await jose.importJWK(jwks.keys.find(({ kid }) => kid === alg));
        const sealed = await new jose.CompactEncrypt(new TextEncoder().encode("a secret"))
          .setProtectedHeader({ alg, enc })
          .encrypt(key);
        say(alg, sealed.length, await get("/open", { alg, token: sealed }));
      }
    }
    const secret = await jose.generateSecret("HS256", { extractable: true });
    const own = await new jose.SignJWT({}).setProtectedHeader({ alg: "HS256" }).sign(secret);
    say("HS256", (await jose.jwtVerify(own, secret)).protectedHeader);
    const pair = await jose.generateKeyPair("ES256", { extractable: true });
    const pem = await jose.exportPKCS8(pair.privateKey);
    const again = await jose.importPKCS8(pem, "ES256");
    const kept = await new jose.SignJWT({}).setProtectedHeader({ alg: "ES256" }).sign(again);
    say("a key kept as PEM", (await jose.jwtVerify(kept, pair.publicKey)).protectedHeader);
  },
});
