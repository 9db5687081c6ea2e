/** `argon2` by `hash-wasm`, which computes the same hashes in WebAssembly. */
import { LightconeError } from "../../base/errors.ts";
import { Buffer } from "node:buffer";
import type { AddOn } from "./add-on.ts";

const TYPES = ["argon2d", "argon2i", "argon2id"] as const;
const SALT_BYTES = 16;
/** The add-on's own defaults. */
const defaults = { hashLength: 32, timeCost: 3, memoryCost: 65_536, parallelism: 4, type: 2 };

interface Options {
  readonly hashLength?: number;
  readonly timeCost?: number;
  readonly memoryCost?: number;
  readonly parallelism?: number;
  readonly type?: number;
  readonly salt?: Uint8Array;
  readonly secret?: Uint8Array;
  readonly associatedData?: Uint8Array;
  readonly raw?: boolean;
}

interface HashWasm {
  argon2Verify(options: object): Promise<boolean>;
  readonly [type: string]: (options: object) => Promise<unknown>;
}

export const argon2: AddOn = {
  peer: "hash-wasm",
  create: ({ peer, builtin }) => {
    const wasm = peer() as HashWasm;
    const { randomBytes } = builtin("crypto") as { randomBytes(size: number): Buffer };
    return {
      argon2d: 0,
      argon2i: 1,
      argon2id: 2,
      async hash(password: string | Uint8Array, options: Options = {}): Promise<string | Buffer> {
        if (options.associatedData !== undefined) throw withoutAssociatedData();
        const asked = { ...defaults, ...options };
        const hash = await (wasm[TYPES[asked.type] as string] as HashWasm[string])({
          password,
          salt: options.salt ?? randomBytes(SALT_BYTES),
          iterations: asked.timeCost,
          memorySize: asked.memoryCost,
          parallelism: asked.parallelism,
          hashLength: asked.hashLength,
          ...(options.secret && { secret: options.secret }),
          outputType: asked.raw === true ? "binary" : "encoded",
        });
        return asked.raw === true ? Buffer.from(hash as Uint8Array) : (hash as string);
      },
      async verify(
        hash: string,
        password: string | Uint8Array,
        { secret }: Options = {},
      ): Promise<boolean> {
        if (!/^\$argon2(?:d|i|id)\$/.test(hash)) {
          throw new TypeError("pchstr must contain a $ as first char");
        }
        return wasm.argon2Verify({ hash, password, ...(secret && { secret }) });
      },
      needsRehash(hash: string, options: Options = {}): boolean {
        const { memoryCost, timeCost, parallelism } = { ...defaults, ...options };
        const match = /\$v=(\d+)\$m=(\d+),t=(\d+),p=(\d+)/.exec(hash);
        const wanted = [0x13, memoryCost, timeCost, parallelism];
        return wanted.some((value, at) => Number(match?.[at + 1]) !== value);
      },
    };
  },
};

function withoutAssociatedData(): LightconeError {
  return new LightconeError(
    "LC_NOT_SIMULATED",
    "argon2 with associatedData is not simulated: its substitute hash-wasm does not take any",
  );
}
