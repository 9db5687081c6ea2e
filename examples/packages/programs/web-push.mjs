/** web-push: a notification encrypted for a browser, signed by VAPID with ES256, taken and refused by a push service over HTTPS. */
import crypto from "node:crypto";
import https from "node:https";
import forge from "node-forge";
import webPush from "web-push";
import { host, port, ready, roles, say } from "./roles.mjs";

const agent = new https.Agent({ rejectUnauthorized: false });
const base = `https://${host}:${port}`;

/** A certificate that signs itself. */
function selfSigned() {
  const { privateKey, publicKey } = forge.pki.rsa.generateKeyPair(2_048);
  const certificate = forge.pki.createCertificate();
  const name = [{ name: "commonName", value: "push service" }];
  certificate.publicKey = publicKey;
  certificate.setSubject(name);
  certificate.setIssuer(name);
  certificate.validity.notAfter = new Date(certificate.validity.notBefore.getTime() + 86_400_000);
  certificate.sign(privateKey, forge.md.sha256.create());
  return {
    key: forge.pki.privateKeyToPem(privateKey),
    cert: forge.pki.certificateToPem(certificate),
  };
}

/** What a browser does with a body of RFC 8188 and RFC 8291. */
function decrypt(body, browser, auth) {
  const salt = body.subarray(0, 16);
  const sender = body.subarray(21, 21 + body[20]);
  const info = Buffer.concat([Buffer.from("WebPush: info\0"), browser.getPublicKey(), sender]);
  const secret = crypto.hkdfSync("sha256", browser.computeSecret(sender), auth, info, 32);
  const key = crypto.hkdfSync("sha256", secret, salt, "Content-Encoding: aes128gcm\0", 16);
  const nonce = crypto.hkdfSync("sha256", secret, salt, "Content-Encoding: nonce\0", 12);
  const sealed = body.subarray(21 + body[20]);
  const cipher = crypto.createDecipheriv("aes-128-gcm", Buffer.from(key), Buffer.from(nonce));
  cipher.setAuthTag(sealed.subarray(-16));
  const padded = Buffer.concat([cipher.update(sealed.subarray(0, -16)), cipher.final()]);
  return padded.subarray(0, padded.lastIndexOf(2)).toString();
}

/** Whether the token is signed by the key that came with it. */
function isSigned(authorization) {
  const [, token, k] = /^vapid t=([^,]+), k=(.+)$/.exec(authorization);
  const point = Buffer.from(k, "base64url");
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((n) => n.toString("base64url"));
  const key = crypto.createPublicKey({ key: { kty: "EC", crv: "P-256", x, y }, format: "jwk" });
  const [head, body, signature] = token.split(".");
  const { aud } = JSON.parse(Buffer.from(body, "base64url"));
  const bytes = Buffer.from(signature, "base64url");
  const form = { key, dsaEncoding: "ieee-p1363" };
  return aud === base && crypto.verify("sha256", Buffer.from(`${head}.${body}`), form, bytes);
}

await roles({
  server() {
    const browser = crypto.createECDH("prime256v1");
    browser.generateKeys();
    const auth = crypto.randomBytes(16);
    const keys = {
      p256dh: browser.getPublicKey("base64url"),
      auth: auth.toString("base64url"),
    };
    const shown = [];
    https
      .createServer(selfSigned(), async (request, response) => {
        const chunks = [];
        for await (const chunk of request) chunks.push(chunk);
        if (request.method === "GET") {
          const endpoint = `${base}/push`;
          response.end(JSON.stringify({ subscription: { endpoint, keys }, shown }));
        } else if (request.url === "/gone") {
          response.writeHead(410).end("no longer subscribed");
        } else {
          const { authorization, ttl, urgency } = request.headers;
          const text = decrypt(Buffer.concat(chunks), browser, auth);
          shown.push({ text, signed: isSigned(authorization), ttl, urgency });
          response.writeHead(201).end();
        }
      })
      .listen(port, ready);
  },
  async client() {
    const ask = () =>
      new Promise((done, failed) => {
        https
          .get(base, { agent }, async (response) => {
            let text = "";
            for await (const chunk of response) text += chunk;
            done(JSON.parse(text));
          })
          .on("error", failed);
      });
    const { publicKey, privateKey } = webPush.generateVAPIDKeys();
    say(
      "keys",
      Buffer.from(publicKey, "base64url").length,
      Buffer.from(privateKey, "base64url").length,
    );
    const vapidDetails = { subject: "mailto:a@example.com", publicKey, privateKey };
    const { subscription } = await ask();
    const options = { agent, vapidDetails, TTL: 60, urgency: "high" };
    for (const text of ["hello", JSON.stringify({ title: "grüezi", body: "x".repeat(2_000) })]) {
      say("pushed", (await webPush.sendNotification(subscription, text, options)).statusCode);
    }
    const { shown } = await ask();
    for (const { text, ...rest } of shown) say("shown", text.length, text.slice(0, 20), rest);
    const gone = { ...subscription, endpoint: `${base}/gone` };
    await webPush
      .sendNotification(gone, "x", options)
      .catch(({ name, statusCode, body }) => say(name, statusCode, body));
  },
});
