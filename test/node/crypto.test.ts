/**
 * `node:crypto` on a simulated host: Node's own library over the real native code, with all that is random
 * drawn from the seed. What a host makes, the real Node accepts, and the other way round.
 */
import * as real from "node:crypto";
import { describe, expect, it } from "vitest";
import { both, hosted } from "./arms.ts";

/** Makes a key of every kind, signs, encrypts and agrees with it, and prints all of it as JSON. */
const everything = `
  import crypto from "node:crypto";
  const message = Buffer.from("the quick brown fox");
  const pem = (key, type) => key.export({ format: "pem", type });
  const signed = {};
  for (const [name, type, options, hash, extra] of [
    ["RSA", "rsa", { modulusLength: 1024 }, "sha256"],
    ["RSA with PSS", "rsa", { modulusLength: 1025, publicExponent: 3 }, "sha384", { padding: crypto.constants.RSA_PKCS1_PSS_PADDING, saltLength: 20 }],
    ["RSA-PSS", "rsa-pss", { modulusLength: 1024, hashAlgorithm: "sha256", mgf1HashAlgorithm: "sha1", saltLength: 16 }, "sha256"],
    ["DSA", "dsa", { modulusLength: 512, divisorLength: 160 }, "sha1"],
    ["P-256", "ec", { namedCurve: "P-256" }, "sha256"],
    ["P-256, side by side", "ec", { namedCurve: "prime256v1" }, "sha512", { dsaEncoding: "ieee-p1363" }],
    ["P-521", "ec", { namedCurve: "secp521r1" }, "sha512"],
    ["a curve in numbers", "ec", { namedCurve: "secp384r1", paramEncoding: "explicit" }, "sha384"],
    ["secp256k1", "ec", { namedCurve: "secp256k1" }, "sha256"],
    ["brainpool", "ec", { namedCurve: "brainpoolP256r1" }, "sha256"],
    ["Ed25519", "ed25519", {}, null],
    ["Ed448", "ed448", {}, null],
  ]) {
    const { publicKey, privateKey } = crypto.generateKeyPairSync(type, options);
    const atOnce = crypto.sign(hash, message, { key: privateKey, ...extra });
    const again = crypto.sign(hash, message, { key: privateKey, ...extra });
    const later = await new Promise((done, failed) =>
      crypto.sign(hash, message, { key: privateKey, ...extra }, (error, made) => (error ? failed(error) : done(made))));
    const streamed = hash && crypto.createSign(hash).update(message).sign({ key: privateKey, ...extra });
    signed[name] = {
      hash, extra, publicKey: pem(publicKey, "spki"), repeats: atOnce.equals(again),
      signatures: [atOnce, again, later, streamed].filter(Boolean).map((one) => one.toString("base64")),
    };
  }
  const { publicKey, privateKey } = await new Promise((done) =>
    crypto.generateKeyPair("rsa", { modulusLength: 1024 }, (error, publicKey, privateKey) => done({ publicKey, privateKey })));
  const encrypted = [
    {}, { oaepHash: "sha256" }, { oaepHash: "sha256", oaepLabel: Buffer.from("label") }, { padding: crypto.constants.RSA_PKCS1_PADDING },
  ].map((options) => ({
    options, of: [publicKey, privateKey].map((key) => crypto.publicEncrypt({ key, ...options }, message).toString("base64")),
  }));
  const [x, y] = ["x25519", "x448"].map((type) => crypto.generateKeyPairSync(type));
  const dh = crypto.generateKeyPairSync("dh", { group: "modp14" });
  console.log(JSON.stringify({
    signed, encrypted,
    privateKey: pem(privateKey, "pkcs1"),
    sealed: [
      privateKey.export({ format: "pem", type: "pkcs8", cipher: "aes-256-cbc", passphrase: "secret" }),
      privateKey.export({ format: "pem", type: "pkcs1", cipher: "aes-128-cbc", passphrase: "secret" }),
    ],
    others: [x, y, dh].map(({ privateKey, publicKey }) => [pem(privateKey, "pkcs8"), pem(publicKey, "spki")]),
    prime: String(crypto.generatePrimeSync(128, { safe: true, bigint: true })),
    secret: crypto.generateKeySync("aes", { length: 256 }).export().toString("hex"),
  }));`;

interface Signed {
  readonly hash: string | null;
  readonly extra?: object;
  readonly publicKey: string;
  readonly repeats: boolean;
  readonly signatures: readonly string[];
}

interface Everything {
  readonly signed: Readonly<Record<string, Signed>>;
  readonly encrypted: readonly { readonly options: object; readonly of: readonly string[] }[];
  readonly privateKey: string;
  readonly sealed: readonly string[];
  readonly others: readonly (readonly [string, string])[];
  readonly prime: string;
}

describe("what a host signs and encrypts", () => {
  it("is what the real Node accepts, and the same in every run of a seed alone", async () => {
    const [first, again, other] = await Promise.all(
      [1, 1, 2].map((seed) => hosted(everything, { seed })),
    );
    expect(first?.stderr).toBe("");
    expect(again?.stdout).toBe(first?.stdout);
    const made = JSON.parse(first?.stdout ?? "") as Everything;
    const otherMade = JSON.parse(other?.stdout ?? "") as Everything;
    const message = Buffer.from("the quick brown fox");

    for (const [name, { hash, extra, publicKey, repeats, signatures }] of Object.entries(
      made.signed,
    )) {
      // As outside: each signature is another one, but for those that have no randomness in them.
      expect([name, repeats]).toEqual([name, /^(?:RSA|Ed\d+)$/.test(name)]);
      for (const signature of signatures) {
        const valid = real.verify(
          hash,
          message,
          { key: publicKey, ...extra },
          Buffer.from(signature, "base64"),
        );
        expect([name, valid]).toEqual([name, true]);
      }
      expect(otherMade.signed[name]?.publicKey).not.toBe(publicKey);
    }
    for (const { options, of } of made.encrypted) {
      expect(new Set(of).size).toBe(2);
      for (const text of of) {
        const given = options as { oaepLabel?: { data: number[] }; padding?: number };
        const bytes = Buffer.from(text, "base64");
        if (given.padding === real.constants.RSA_PKCS1_PADDING) {
          // Not every version of Node decrypts it.
          const padding = real.constants.RSA_NO_PADDING;
          const padded = real.privateDecrypt({ key: made.privateKey, padding }, bytes);
          expect([...padded.subarray(0, 2)]).toEqual([0, 2]);
          expect(padded.indexOf(0, 1)).toBe(padded.length - message.length - 1);
          expect(padded.subarray(-message.length).equals(message)).toBe(true);
          continue;
        }
        const label = given.oaepLabel && { oaepLabel: Buffer.from(given.oaepLabel.data) };
        const key = { key: made.privateKey, ...options, ...label };
        expect(real.privateDecrypt(key, bytes).equals(message)).toBe(true);
      }
    }
    const plain = real.createPrivateKey(made.privateKey);
    for (const key of made.sealed) {
      expect(real.createPrivateKey({ key, passphrase: "secret" }).equals(plain)).toBe(true);
    }
    for (const [privateKey, publicKey] of made.others) {
      const own = real.createPublicKey(privateKey).export({ format: "pem", type: "spki" });
      expect(own).toBe(publicKey);
    }
    const prime = BigInt(made.prime);
    expect([real.checkPrimeSync(prime), real.checkPrimeSync((prime - 1n) / 2n)]).toEqual([
      true,
      true,
    ]);
  });

  it("takes nothing of the real signature over, whatever its random bytes look like", async () => {
    // The real signature tells how long a salt is: read with the wrong mask, one in 256 looks right by chance.
    const source = `
      import crypto from "node:crypto";
      const options = { modulusLength: 512, hashAlgorithm: "sha256", mgf1HashAlgorithm: "sha1", saltLength: 8 };
      const { publicKey, privateKey } = crypto.generateKeyPairSync("rsa-pss", options);
      const all = crypto.createHash("sha256");
      let valid = 0;
      for (let i = 0; i < 600; i++) {
        const message = Buffer.from(String(i)), signature = crypto.sign("sha256", message, privateKey);
        all.update(signature); valid += crypto.verify("sha256", message, publicKey, signature);
      }
      console.log(valid, all.digest("hex"));`;
    const [first, again] = [await hosted(source), await hosted(source)];
    expect(first.stdout).toMatch(/^600 /);
    expect(again.stdout).toBe(first.stdout);
  });

  it("accepts what the real Node has made", async () => {
    const message = Buffer.from("from outside");
    const rsa = real.generateKeyPairSync("rsa", { modulusLength: 1_024 });
    const ec = real.generateKeyPairSync("ec", { namedCurve: "P-256" });
    const pss = { padding: real.constants.RSA_PKCS1_PSS_PADDING };
    const pem = { format: "pem", type: "spki" } as const;
    const given = {
      message: message.toString("base64"),
      ec: ec.publicKey.export(pem),
      rsa: rsa.publicKey.export(pem),
      rsaPrivate: rsa.privateKey.export({ format: "pem", type: "pkcs8" }),
      ecSignature: real.sign("sha256", message, ec.privateKey).toString("base64"),
      pssSignature: real
        .sign("sha256", message, { key: rsa.privateKey, ...pss })
        .toString("base64"),
      text: real.publicEncrypt(rsa.publicKey, message).toString("base64"),
    };
    const { stdout } = await hosted(
      `
      import crypto from "node:crypto";
      const given = JSON.parse(process.env.GIVEN), bytes = (name) => Buffer.from(given[name], "base64");
      const padding = crypto.constants.RSA_PKCS1_PSS_PADDING;
      console.log(crypto.verify("sha256", bytes("message"), given.ec, bytes("ecSignature")));
      console.log(crypto.createVerify("sha256").update(bytes("message")).verify({ key: given.rsa, padding }, bytes("pssSignature")));
      console.log(crypto.verify("sha256", Buffer.from("other"), given.ec, bytes("ecSignature")));
      console.log(crypto.privateDecrypt(given.rsaPrivate, bytes("text")).toString());`,
      { env: { GIVEN: JSON.stringify(given) } },
    );
    expect(stdout).toBe("true\ntrue\nfalse\nfrom outside\n");
  });
});

describe("an agreement on a secret", () => {
  it("comes out alike on both sides, over numbers and curves, as on real Node", async () => {
    await both(`
      import crypto from "node:crypto";
      const secrets = (a, b) => a.computeSecret(b.getPublicKey()).equals(b.computeSecret(a.getPublicKey()));
      for (const curve of ["secp256k1", "prime256v1", "secp521r1", "brainpoolP384r1"]) {
        const [a, b] = [crypto.createECDH(curve), crypto.createECDH(curve)];
        a.generateKeys(); b.generateKeys("hex", "compressed");
        console.log(curve, secrets(a, b), a.getPublicKey().length, a.getPrivateKey("hex") !== b.getPrivateKey("hex"));
      }
      const [a, b] = ["modp5", "modp14"].map((name) => [crypto.getDiffieHellman(name), crypto.createDiffieHellmanGroup(name)]);
      for (const [one, two] of [a, b]) { one.generateKeys(); two.generateKeys(); console.log(secrets(one, two), one.getPublicKey("hex") === two.getPublicKey("hex"), one.verifyError); }
      const own = crypto.createDiffieHellman(512), peer = crypto.createDiffieHellman(own.getPrime(), own.getGenerator());
      const first = own.generateKeys("hex"); peer.generateKeys();
      console.log(secrets(own, peer), own.verifyError, own.getPrime().length, own.generateKeys("hex") === first);
      for (const [type, options] of [["x25519"], ["x448"], ["ec", { namedCurve: "P-384" }], ["dh", { prime: own.getPrime() }], ["dh", { group: "modp5" }]]) {
        const [one, two] = [crypto.generateKeyPairSync(type, options), crypto.generateKeyPairSync(type, options)];
        const secret = (mine, theirs) => crypto.diffieHellman({ privateKey: mine.privateKey, publicKey: theirs.publicKey });
        console.log(type, secret(one, two).equals(secret(two, one)), secret(one, two).length);
      }
      for (const wrong of [() => crypto.createECDH("none"), () => crypto.createDiffieHellman(2), () => crypto.getDiffieHellman("none"), () => crypto.createDiffieHellman(-5), () => own.computeSecret("")]) {
        try { wrong(); console.log("passed"); } catch ({ name, code, message }) { console.log(name, code, message); }
      }`);
  });
});

describe("Web Crypto", () => {
  it("generates, signs, encrypts, derives and wraps, as on real Node", async () => {
    await both(`
      const { subtle } = globalThis.crypto, text = new TextEncoder().encode("text"), say = (...values) => console.log(...values);
      say(Buffer.from(await subtle.digest("SHA-256", text)).toString("hex"), await subtle.digest("SHA-512", new Uint8Array()).then(({ byteLength }) => byteLength));
      for (const [algorithm, use] of [
        [{ name: "ECDSA", namedCurve: "P-384" }, { name: "ECDSA", hash: "SHA-256" }],
        [{ name: "RSA-PSS", modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" }, { name: "RSA-PSS", saltLength: 32 }],
        [{ name: "RSASSA-PKCS1-v1_5", modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-1" }, "RSASSA-PKCS1-v1_5"],
        [{ name: "Ed25519" }, "Ed25519"],
      ]) {
        const { publicKey, privateKey } = await subtle.generateKey(algorithm, true, ["sign", "verify"]);
        const [one, two] = [await subtle.sign(use, privateKey, text), await subtle.sign(use, privateKey, text)];
        say(publicKey, privateKey.usages, one.byteLength, Buffer.from(one).equals(Buffer.from(two)), await subtle.verify(use, publicKey, one, text), await subtle.verify(use, publicKey, one, new Uint8Array(3)));
        const jwk = await subtle.exportKey("jwk", privateKey);
        say(Object.keys(jwk).sort().join(), jwk.alg, (await subtle.importKey("jwk", jwk, algorithm, false, ["sign"])).extractable);
      }
      const hmac = await subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, true, ["sign", "verify"]);
      say(hmac, await subtle.verify("HMAC", hmac, await subtle.sign("HMAC", hmac, text), text));
      const oaep = await subtle.generateKey({ name: "RSA-OAEP", modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" }, true, ["encrypt", "decrypt", "wrapKey", "unwrapKey"]);
      const label = new Uint8Array([1, 2]);
      const sealed = await subtle.encrypt({ name: "RSA-OAEP", label }, oaep.publicKey, text);
      say(sealed.byteLength, Buffer.from(await subtle.decrypt({ name: "RSA-OAEP", label }, oaep.privateKey, sealed)).toString());
      await subtle.decrypt({ name: "RSA-OAEP" }, oaep.privateKey, sealed).catch(({ name, message }) => say(name, message));
      for (const name of ["AES-GCM", "AES-CBC", "AES-CTR"]) {
        const key = await subtle.generateKey({ name, length: 256 }, true, ["encrypt", "decrypt"]);
        const algorithm = { name, iv: new Uint8Array(16), counter: new Uint8Array(16), length: 64 };
        const made = await subtle.encrypt(algorithm, key, text);
        say(name, made.byteLength, Buffer.from(await subtle.decrypt(algorithm, key, made)).toString());
        const wrapped = await subtle.wrapKey("raw", key, oaep.publicKey, { name: "RSA-OAEP" });
        const back = await subtle.unwrapKey("raw", wrapped, oaep.privateKey, { name: "RSA-OAEP" }, { name }, true, ["decrypt"]);
        say(wrapped.byteLength, Buffer.from(await subtle.exportKey("raw", back)).equals(Buffer.from(await subtle.exportKey("raw", key))));
      }
      const password = await subtle.importKey("raw", text, "PBKDF2", false, ["deriveBits", "deriveKey"]);
      const pbkdf2 = { name: "PBKDF2", hash: "SHA-256", salt: new Uint8Array(8), iterations: 10 };
      say(Buffer.from(await subtle.deriveBits(pbkdf2, password, 128)).toString("hex"), (await subtle.deriveKey(pbkdf2, password, { name: "AES-KW", length: 128 }, false, ["wrapKey"])).algorithm);
      const hkdf = await subtle.importKey("raw", text, "HKDF", false, ["deriveBits"]);
      say(Buffer.from(await subtle.deriveBits({ name: "HKDF", hash: "SHA-1", salt: new Uint8Array(4), info: new Uint8Array(2) }, hkdf, 64)).toString("hex"));
      for (const algorithm of [{ name: "ECDH", namedCurve: "P-256" }, { name: "X25519" }]) {
        const [a, b] = [await subtle.generateKey(algorithm, false, ["deriveBits"]), await subtle.generateKey(algorithm, false, ["deriveBits"])];
        const bits = (mine, theirs) => subtle.deriveBits({ name: algorithm.name, public: theirs.publicKey }, mine.privateKey, 256).then((made) => Buffer.from(made).toString("hex"));
        say(algorithm.name, (await bits(a, b)) === (await bits(b, a)));
      }
      for (const wrong of [() => subtle.digest("none", text), () => subtle.generateKey("AES-GCM", true, []), () => subtle.exportKey("raw", password), () => subtle.sign("HMAC", password, text)]) {
        await wrong().catch(({ name, message }) => say(name, message));
      }
      say(crypto instanceof Crypto, subtle instanceof SubtleCrypto, password instanceof CryptoKey, Object.prototype.toString.call(crypto));`);
  });
});

describe("hashes, ciphers and signatures as streams", () => {
  it("are ends and middles of pipelines, as on real Node", async () => {
    await both(`
      import crypto from "node:crypto"; import fs from "node:fs"; import { pipeline } from "node:stream/promises"; import { PassThrough, Readable, Stream, Transform, Writable } from "node:stream";
      fs.writeFileSync("./in.txt", "hello".repeat(30_000));
      const hash = crypto.createHash("sha256"); await pipeline(fs.createReadStream("./in.txt"), hash); console.log(hash.read().toString("hex"));
      const hmac = crypto.createHmac("sha1", "key").setEncoding("hex"); await pipeline(fs.createReadStream("./in.txt"), hmac); console.log(hmac.read());
      const key = Buffer.alloc(32, 1), iv = Buffer.alloc(16, 2);
      await pipeline(fs.createReadStream("./in.txt"), crypto.createCipheriv("aes-256-cbc", key, iv), fs.createWriteStream("./out.bin"));
      console.log(fs.statSync("./out.bin").size);
      let text = ""; await pipeline(fs.createReadStream("./out.bin"), crypto.createDecipheriv("aes-256-cbc", key, iv), async function (source) { for await (const chunk of source) text += chunk; });
      console.log(text === "hello".repeat(30_000));
      const pair = crypto.generateKeyPairSync("ec", { namedCurve: "P-256" });
      const sign = crypto.createSign("sha256"), verify = crypto.createVerify("sha256");
      await pipeline(fs.createReadStream("./in.txt"), sign); await pipeline(fs.createReadStream("./in.txt"), verify);
      console.log(verify.verify(pair.publicKey, sign.sign(pair.privateKey)));
      console.log(hash instanceof Transform, hash instanceof Stream, sign instanceof Writable, crypto.createCipheriv("aes-256-cbc", key, iv) instanceof Readable);
      const broken = crypto.createDecipheriv("aes-256-cbc", key, iv); await pipeline(Readable.from(["short"]), broken, new PassThrough()).catch(({ code, reason }) => console.log(code, reason));
      const order = []; const piped = crypto.createHash("md5"); piped.on("finish", () => order.push("finish")).on("end", () => order.push("end")).on("data", (d) => order.push(d.toString("hex"))); process.nextTick(() => order.push("tick")); piped.end("x", () => order.push("written")); await new Promise((r) => setTimeout(r, 10)); console.log(order);
      fs.rmSync("./in.txt"); fs.rmSync("./out.bin");`);
  });
});

describe("keys", () => {
  it("are read, written, compared and shown, as on real Node", async () => {
    await both(`
      import crypto from "node:crypto"; import util from "node:util";
      const { publicKey, privateKey } = crypto.generateKeyPairSync("rsa", { modulusLength: 512 });
      console.log(publicKey, publicKey.asymmetricKeyDetails, privateKey instanceof crypto.KeyObject, util.types.isKeyObject(privateKey));
      console.log(Object.keys(privateKey.export({ format: "jwk" })), crypto.createPublicKey(privateKey).equals(publicKey), crypto.createSecretKey(Buffer.alloc(5)).symmetricKeySize);
      const { publicKey: pem, privateKey: der } = crypto.generateKeyPairSync("ec", { namedCurve: "P-256", publicKeyEncoding: { type: "spki", format: "pem" }, privateKeyEncoding: { type: "sec1", format: "der" } });
      console.log(pem.split("\\n")[0], der.length, crypto.createPrivateKey({ key: der, format: "der", type: "sec1" }).asymmetricKeyType);
      for (const wrong of [
        () => crypto.generateKeyPairSync("rsa", { modulusLength: 100 }), () => crypto.generateKeyPairSync("rsa", { modulusLength: 512, publicExponent: 4 }),
        () => crypto.generateKeyPairSync("ec", { namedCurve: "none" }), () => crypto.generateKeyPairSync("none"), () => crypto.createPrivateKey("none"), () => crypto.sign("sha256", Buffer.alloc(1), publicKey),
        () => crypto.sign("none", Buffer.alloc(1), privateKey), () => crypto.publicEncrypt(publicKey, Buffer.alloc(100)), () => privateKey.export({ type: "pkcs8", format: "pem", cipher: "none", passphrase: "x" }),
        () => crypto.createSign("sha512").update("x").sign({ key: privateKey, padding: crypto.constants.RSA_PKCS1_PSS_PADDING }), () => new crypto.X509Certificate("none"), () => crypto.setEngine("none"),
      ]) try { wrong(); console.log("passed"); } catch ({ name, code }) { console.log(name, code); }
      try { crypto.generateKeyPair("ec", { namedCurve: "none" }, () => console.log("never")); } catch ({ name, code }) { console.log(name, code); }
      await new Promise((done) => crypto.generateKeyPair("rsa", { modulusLength: 512, publicExponent: 4 }, (error) => done(console.log("later", error?.name))));
      console.log(await util.promisify(crypto.generateKeyPair)("ed25519"), (await util.promisify(crypto.generateKey)("hmac", { length: 123 })).symmetricKeySize);`);
  });

  it("travel in messages, to threads too, as on real Node", async () => {
    await both(`
      import crypto from "node:crypto"; import { MessageChannel, Worker } from "node:worker_threads"; import { once } from "node:events";
      const secret = crypto.createSecretKey(Buffer.from("abc")), pair = crypto.generateKeyPairSync("ec", { namedCurve: "P-256" });
      const web = await crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, true, ["sign"]);
      const { port1, port2 } = new MessageChannel();
      port1.postMessage({ secret, pair, web, twice: [secret, secret] });
      const [got] = await once(port2, "message");
      console.log(got.secret instanceof crypto.KeyObject, got.secret.equals(secret), got.pair.privateKey.equals(pair.privateKey), got.pair.publicKey.type, got.twice[0] === got.twice[1]);
      console.log(got.web instanceof CryptoKey, got.web.algorithm, got.web.usages, (await crypto.subtle.sign("HMAC", got.web, Buffer.from("x"))).byteLength);
      console.log(crypto.verify("sha256", Buffer.from("x"), pair.publicKey, crypto.sign("sha256", Buffer.from("x"), got.pair.privateKey)));
      port1.close();
      const worker = new Worker('const { parentPort } = require("worker_threads"), crypto = require("crypto"); parentPort.once("message", (key) => parentPort.postMessage([key instanceof crypto.KeyObject, crypto.sign(null, Buffer.from("x"), key)]))', { eval: true });
      const own = crypto.generateKeyPairSync("ed25519"); worker.postMessage(own.privateKey);
      const [[isKey, signature]] = await once(worker, "message");
      console.log(isKey, crypto.verify(null, Buffer.from("x"), own.publicKey, signature)); await worker.terminate();`);
  });

  it("of 2,048 bits cost little more than the real ones", async () => {
    const { stdout } = await hosted(`
      import crypto from "node:crypto";
      const { privateKey } = crypto.generateKeyPairSync("rsa", { modulusLength: 2048 });
      console.log(privateKey.asymmetricKeyDetails.modulusLength, privateKey.export({ format: "jwk" }).n.length);`);
    expect(stdout).toBe("2048 342\n");
  });
});

describe("a failure", () => {
  it("leaves nothing behind in native code that a later one could say, in whatever process", async () => {
    await hosted(`
      import crypto from "node:crypto";
      try { crypto.scryptSync("a", "b", 10, { N: 2 ** 30 }); } catch {}
      crypto.Certificate.verifySpkac("none");`);
    const { stdout } = await hosted(`
      import crypto from "node:crypto";
      try { crypto.createHash("none"); } catch ({ message }) { console.log(message); }`);
    expect(stdout).toBe("Digest method not supported\n");
  });
});

describe("what is not simulated", () => {
  it("says so by name, and reaches nothing of the real machine", async () => {
    const { stdout } = await hosted(`
      import crypto from "node:crypto";
      crypto.setFips(true); console.log(crypto.getFips(), crypto.secureHeapUsed());
      for (const type of ["slh-dsa-sha2-128f"]) try { crypto.generateKeyPairSync(type); console.log("passed") } catch (e) { console.log(e.code) }`);
    expect(stdout).toMatch(
      /^0 \{[^}]*\}\n(?:LC_NOT_SIMULATED|ERR_INVALID_ARG_VALUE|ERR_CRYPTO_\w+)\n$/,
    );
    expect(real.getFips()).toBe(0);
  });

  it.runIf(typeof (real as { encapsulate?: unknown }).encapsulate === "function")(
    "is refused by Web Crypto in the same words: what post-quantum keys draw, while their other half works",
    async () => {
      const { stdout } = await hosted(`
        import crypto from "node:crypto";
        const say = ({ code, message }) => console.log(code, message);
        const kem = crypto.generateKeyPairSync("ml-kem-768"), dsa = crypto.generateKeyPairSync("ml-dsa-44");
        try { crypto.encapsulate(kem.publicKey); } catch (e) { say(e); }
        try { crypto.sign(null, Buffer.from("x"), dsa.privateKey); } catch (e) { say(e); }
        const { subtle } = crypto.webcrypto;
        const { publicKey } = await subtle.generateKey("ML-KEM-768", true, ["encapsulateBits", "decapsulateBits"]);
        await subtle.encapsulateBits("ML-KEM-768", publicKey).catch(say);
        console.log(crypto.verify(null, Buffer.from("x"), dsa.publicKey, Buffer.alloc(2420)), crypto.decapsulate(kem.privateKey, Buffer.alloc(1088)).length);`);
      expect(stdout.split("\n")).toEqual([
        "LC_NOT_SIMULATED crypto.encapsulate is not simulated",
        "LC_NOT_SIMULATED crypto: a signature with a key of type ml-dsa-44 is not simulated",
        "LC_NOT_SIMULATED crypto.encapsulate is not simulated",
        "false 32",
        "",
      ]);
    },
  );
});
