/** node-forge: an authority, a certificate of its own for a server of HTTPS, a client that trusts the authority alone; messages signed, encrypted and packed. */
import http from "node:http";
import https from "node:https";
import forge from "node-forge";
import { host, port, ready, roles, say } from "./roles.mjs";

const { pki } = forge;

function certificate(subject, publicKey, issuer, signingKey, extensions) {
  const made = pki.createCertificate();
  made.publicKey = publicKey;
  made.serialNumber = `00${forge.util.bytesToHex(forge.random.getBytesSync(8))}`;
  made.validity.notBefore = new Date(Date.now() - 60_000);
  made.validity.notAfter = new Date(Date.now() + 86_400_000);
  made.setSubject([{ name: "commonName", value: subject }]);
  made.setIssuer([{ name: "commonName", value: issuer }]);
  made.setExtensions(extensions);
  made.sign(signingKey, forge.md.sha256.create());
  return made;
}

await roles({
  server() {
    const authority = pki.rsa.generateKeyPair(2_048);
    const root = certificate("root", authority.publicKey, "root", authority.privateKey, [
      { name: "basicConstraints", cA: true },
      { name: "keyUsage", keyCertSign: true },
    ]);
    const own = pki.rsa.generateKeyPair(2_048);
    const altNames = [{ type: 2, value: "server.test" }];
    const leaf = certificate("server.test", own.publicKey, "root", authority.privateKey, [
      { name: "subjectAltName", altNames },
    ]);
    const options = { key: pki.privateKeyToPem(own.privateKey), cert: pki.certificateToPem(leaf) };
    const secure = https.createServer(options, async (request, response) => {
      let text = "";
      for await (const chunk of request) text += chunk;
      const { sealed, signature, publicKey } = JSON.parse(text);
      const message = own.privateKey.decrypt(forge.util.decode64(sealed), "RSA-OAEP");
      const digest = forge.md.sha256.create().update(message);
      const pss = forge.pss.create({
        md: forge.md.sha256.create(),
        mgf: forge.mgf.mgf1.create(forge.md.sha256.create()),
        saltLength: 20,
      });
      const key = pki.publicKeyFromPem(publicKey);
      const signed = key.verify(digest.digest().bytes(), forge.util.decode64(signature), pss);
      response.end(JSON.stringify({ message, signed }));
    });
    const plain = http.createServer((_request, response) => {
      response.end(pki.certificateToPem(root));
    });
    // One port for both: what begins with the first byte of TLS is TLS.
    const front = http.createServer();
    front.removeAllListeners("connection");
    front.on("connection", (socket) => {
      socket.once("readable", () => {
        const first = socket.read();
        if (first === null) return;
        socket.unshift(first);
        (first[0] === 22 ? secure : plain).emit("connection", socket);
      });
    });
    front.listen(port, ready);
  },
  async client() {
    const ca = await (await fetch(`http://${host}:${port}/`)).text();
    const root = pki.certificateFromPem(ca);
    say("root", root.subject.getField("CN").value, root.verify(root));
    const own = pki.rsa.generateKeyPair({ bits: 1_024 });
    const ask = (options, body) =>
      new Promise((done, failed) => {
        const request = https.request(
          { host, port, method: "POST", ...options },
          async (response) => {
            const peer = response.socket.getPeerCertificate();
            let text = "";
            for await (const chunk of response) text += chunk;
            done({ subject: peer.subject, ...JSON.parse(text) });
          },
        );
        request.on("error", failed).end(body);
      });
    const message = "a message";
    const serverKey = await new Promise((done, failed) => {
      const socket = https
        .get({ host, port, ca, servername: "server.test", agent: false })
        .on("error", () => {})
        .on("socket", (one) =>
          one
            .on("secureConnect", () => {
              done(pki.certificateFromPem(one.getPeerX509Certificate().toString()).publicKey);
              socket.destroy();
            })
            .on("error", failed),
        );
    });
    const sealed = forge.util.encode64(serverKey.encrypt(message, "RSA-OAEP"));
    const digest = forge.md.sha256.create().update(message);
    const pss = forge.pss.create({
      md: forge.md.sha256.create(),
      mgf: forge.mgf.mgf1.create(forge.md.sha256.create()),
      saltLength: 20,
    });
    const signature = forge.util.encode64(own.privateKey.sign(digest, pss));
    const body = JSON.stringify({
      sealed,
      signature,
      publicKey: pki.publicKeyToPem(own.publicKey),
    });
    say("answer", await ask({ ca, servername: "server.test" }, body));
    await ask({ ca, servername: "other.test" }, body).catch(({ code }) =>
      say("another name", code),
    );
    await ask({ servername: "server.test" }, body).catch(({ code }) =>
      say("unknown authority", code),
    );
    const key = forge.pkcs5.pbkdf2("password", "salt", 10, 16);
    const cipher = forge.cipher.createCipher("AES-CBC", key);
    cipher.start({ iv: forge.util.createBuffer("0123456789abcdef").bytes() });
    cipher.update(forge.util.createBuffer("text"));
    cipher.finish();
    say("AES", cipher.output.toHex());
    const sealedKey = pki.encryptRsaPrivateKey(own.privateKey, "secret", { algorithm: "aes256" });
    say("kept", pki.decryptRsaPrivateKey(sealedKey, "secret").n.equals(own.privateKey.n));
    const p12 = forge.pkcs12.toPkcs12Asn1(own.privateKey, [root], "secret", { algorithm: "3des" });
    const read = forge.pkcs12.pkcs12FromAsn1(p12, "secret");
    say("PKCS #12", Object.values(read.getBags({ bagType: pki.oids.certBag }))[0].length);
  },
});
