/** acme-client: an account, an order, the proof that a name is ours and a certificate, from an authority that checks each signature, nonce and proof. */
import crypto from "node:crypto";
import http from "node:http";
import acme from "acme-client";
import forge from "node-forge";
import { port, ready, roles, say, url } from "./roles.mjs";

const { pki } = forge;
const json = (value) => JSON.parse(Buffer.from(value, "base64url"));

/** An authority in the manner of RFC 8555, with one account and one order at a time. */
function authority() {
  const root = pki.rsa.generateKeyPair(2_048);
  const nonces = new Set();
  const proofs = new Map();
  let account;
  let order;
  const show = () => ({
    status: order.status,
    identifiers: order.identifiers,
    authorizations: [`${url}/authz`],
    finalize: `${url}/finalize`,
    certificate: order.pem && `${url}/cert`,
  });
  const thumbprint = ({ crv, kty, x, y, e, n }) => {
    const parts = kty === "EC" ? { crv, kty, x, y } : { e, kty, n };
    return crypto.createHash("sha256").update(JSON.stringify(parts)).digest("base64url");
  };
  function issue(csr) {
    const request = pki.certificationRequestFromPem(
      pki.certificationRequestToPem(
        pki.certificationRequestFromAsn1(
          forge.asn1.fromDer(Buffer.from(csr, "base64url").toString("latin1")),
        ),
      ),
    );
    if (!request.verify()) throw new Error("badCSR");
    const made = pki.createCertificate();
    made.publicKey = request.publicKey;
    made.serialNumber = "01";
    made.validity.notAfter = new Date(made.validity.notBefore.getTime() + 90 * 86_400_000);
    made.setSubject([{ name: "commonName", value: order.identifiers[0].value }]);
    made.setIssuer([{ name: "commonName", value: "authority" }]);
    const altNames = order.identifiers.map(({ value }) => ({ type: 2, value }));
    made.setExtensions([{ name: "subjectAltName", altNames }]);
    made.sign(root.privateKey, forge.md.sha256.create());
    return pki.certificateToPem(made);
  }
  const paths = {
    "/account"(payload, jwk) {
      const known = account !== undefined;
      account ??= { jwk, contact: payload.contact };
      return [
        known ? 200 : 201,
        { status: "valid", contact: account.contact },
        { location: `${url}/account/1` },
      ];
    },
    "/order"({ identifiers }) {
      order = {
        status: "pending",
        identifiers,
        token: crypto.randomBytes(16).toString("base64url"),
      };
      return [201, show(), { location: `${url}/order/1` }];
    },
    "/order/1": () => [200, show()],
    "/authz": () => [
      200,
      {
        status: order.status === "pending" ? "pending" : "valid",
        identifier: order.identifiers[0],
        challenges: [
          {
            type: "http-01",
            url: `${url}/challenge`,
            token: order.token,
            status: order.status === "pending" ? "pending" : "valid",
          },
        ],
      },
    ],
    "/challenge"() {
      const proof = proofs.get(`/.well-known/acme-challenge/${order.token}`);
      if (proof === `${order.token}.${thumbprint(account.jwk)}`) order.status = "ready";
      return [
        200,
        {
          type: "http-01",
          url: `${url}/challenge`,
          token: order.token,
          status: order.status === "ready" ? "valid" : "invalid",
        },
      ];
    },
    "/finalize"({ csr }) {
      order.pem = issue(csr);
      order.status = "valid";
      return [200, show()];
    },
    "/cert": () => [200, order.pem],
  };
  return (request, body) => {
    const fresh = crypto.randomBytes(16).toString("base64url");
    nonces.add(fresh);
    const headers = { "replay-nonce": fresh };
    if (request.url === "/directory") {
      return [
        200,
        { newNonce: `${url}/nonce`, newAccount: `${url}/account`, newOrder: `${url}/order` },
        headers,
      ];
    }
    if (request.url === "/nonce") return [200, "", headers];
    // The web server of whoever asks is here, too: whoever may write to it proves that the name is theirs.
    if (request.method === "PUT") {
      proofs.set(request.url, body);
      return [201, "", headers];
    }
    const jws = JSON.parse(body);
    const head = json(jws.protected);
    const { jwk = account?.jwk } = head;
    const key = {
      key: crypto.createPublicKey({ key: jwk, format: "jwk" }),
      dsaEncoding: "ieee-p1363",
    };
    const signed = Buffer.from(`${jws.protected}.${jws.payload}`);
    const valid = crypto.verify("sha256", signed, key, Buffer.from(jws.signature, "base64url"));
    if (!nonces.delete(head.nonce) || !valid || head.url !== `${url}${request.url}`) {
      return [
        400,
        { type: "urn:ietf:params:acme:error:malformed", detail: "not signed well" },
        headers,
      ];
    }
    const [status, answer, more] = paths[request.url](
      jws.payload === "" ? {} : json(jws.payload),
      jwk,
    );
    return [status, answer, { ...headers, ...more }];
  };
}

await roles({
  server() {
    const answerTo = authority();
    http
      .createServer(async (request, response) => {
        let text = "";
        for await (const chunk of request) text += chunk;
        const [status, answer, headers] = answerTo(request, text);
        const isText = typeof answer === "string";
        const type = isText ? "application/pem-certificate-chain" : "application/json";
        response.writeHead(status, { "content-type": type, ...headers });
        response.end(isText ? answer : JSON.stringify(answer));
      })
      .listen(port, ready);
  },
  async client() {
    const accountKey = await acme.crypto.createPrivateEcdsaKey();
    const client = new acme.Client({
      directoryUrl: `${url}/directory`,
      accountKey,
      backoffMin: 10,
      backoffMax: 20,
    });
    const account = await client.createAccount({
      termsOfServiceAgreed: true,
      contact: ["mailto:a@example.com"],
    });
    say("account", account.status, account.contact);
    const order = await client.createOrder({
      identifiers: [{ type: "dns", value: "www.example.test" }],
    });
    const [authorization] = await client.getAuthorizations(order);
    const challenge = authorization.challenges.find(({ type }) => type === "http-01");
    const proof = await client.getChallengeKeyAuthorization(challenge);
    await fetch(`${url}/.well-known/acme-challenge/${challenge.token}`, {
      method: "PUT",
      body: proof,
    });
    await client.completeChallenge(challenge);
    say("challenge", (await client.waitForValidStatus(challenge)).status);
    const key = await acme.crypto.createPrivateRsaKey();
    const [, csr] = await acme.crypto.createCsr(
      { commonName: "www.example.test", altNames: ["www.example.test"] },
      key,
    );
    const finalized = await client.finalizeOrder(order, csr);
    const pem = await client.getCertificate(finalized);
    const info = acme.crypto.readCertificateInfo(pem);
    say("certificate", info.domains, info.issuer);
    const certificate = new crypto.X509Certificate(pem);
    say(
      "ours",
      certificate.checkPrivateKey(crypto.createPrivateKey(key)),
      certificate.checkHost("www.example.test"),
    );
  },
});
