/**
 * The jobs of `internalBinding('crypto')`: work that real Node runs in its thread pool. Here it is
 * done at once, and completes at a virtual time.
 */
import { LightconeError } from "../../../base/errors.ts";
import { Kind } from "../../../trace/kinds.ts";
import type { BindingContext } from "../context.ts";
import {
  clearNativeErrors,
  type JobResult,
  type NativeCrypto,
  type NativeJobClass,
  nativeCrypto,
  resultOf,
} from "./native.ts";
import { owner } from "./owner.ts";

/** The virtual time that a job takes. The real time depends on the machine. */
const JOB_NS = 50_000;
const DERIVATION_NS = 1_000_000;
const GENERATION_NS = 5_000_000;

const costsNs: Readonly<Record<string, number>> = {
  RandomBytesJob: 10_000,
  PBKDF2Job: DERIVATION_NS,
  ScryptJob: DERIVATION_NS,
  Argon2Job: DERIVATION_NS,
  HKDFJob: DERIVATION_NS,
  CheckPrimeJob: DERIVATION_NS,
  RandomPrimeJob: GENERATION_NS,
};

/** The names of jobs in `async_hooks`. */
const providers: Readonly<Record<string, string>> = {
  RandomBytesJob: "RANDOMBYTESREQUEST",
  RandomPrimeJob: "RANDOMPRIMEREQUEST",
  CheckPrimeJob: "CHECKPRIMEREQUEST",
  PBKDF2Job: "PBKDF2REQUEST",
  ScryptJob: "SCRYPTREQUEST",
  HashJob: "HASHREQUEST",
  HmacJob: "SIGNREQUEST",
  SignJob: "SIGNREQUEST",
  SecretKeyGenJob: "KEYGENREQUEST",
};

function providerOf(name: string): string {
  if (name.endsWith("KeyPairGenJob")) return "KEYPAIRGENREQUEST";
  if (name.endsWith("CipherJob")) return "CIPHERREQUEST";
  if (name.endsWith("ExportJob")) return "KEYEXPORTREQUEST";
  return providers[name] ?? "DERIVEBITSREQUEST";
}

function costOf(name: string): number {
  return costsNs[name] ?? (name.endsWith("KeyPairGenJob") ? GENERATION_NS : JOB_NS);
}

/** The work of a job: returns the job's result, or throws its failure. */
export type Work = () => unknown;

export type JobClass = new (mode: number, ...args: unknown[]) => object;

/**
 * Creates the class of one kind of job, for all processes. `prepare` runs when a job is created and
 * returns its work.
 */
export type JobMaker = (name: string, prepare: (mode: number, args: unknown[]) => Work) => JobClass;

/** Returns a function that creates classes of jobs. */
export function createJobMaker(): JobMaker {
  const { kCryptoJobSync, kCryptoJobWebCrypto } = nativeCrypto();

  /** Calls `done` at a later virtual time, in the context of `job`. */
  function later(
    { process, loop, async }: BindingContext,
    job: object,
    delayNs: number,
    done: (...args: never[]) => unknown,
    args: unknown[],
  ): void {
    loop.retain();
    const finish = (): void => {
      loop.release();
      async.makeCallback(job, done, args);
    };
    process.schedule(delayNs, Kind.completion, finish, undefined);
  }

  function settle(work: Work): JobResult {
    try {
      return [undefined, work()];
    } catch (error) {
      clearNativeErrors();
      return [error, undefined];
    }
  }

  return (name, prepare) => {
    const delayNs = costOf(name);
    const provider = providerOf(name);
    class Job {
      readonly #mode: number;
      readonly #work: Work;
      readonly #context: BindingContext;

      constructor(mode: number, ...args: unknown[]) {
        this.#mode = mode;
        try {
          this.#work = prepare(mode, args);
        } catch (error) {
          clearNativeErrors();
          throw error;
        }
        this.#context = owner().realm.context;
        this.#context.async.register(this, provider);
      }

      run(): unknown {
        const result = settle(this.#work);
        if (this.#mode === kCryptoJobSync) return result;
        if (this.#mode === kCryptoJobWebCrypto) return this.#promise(result);
        // The library sets it before or after it starts the job.
        const tell = (...values: unknown[]): unknown =>
          (this as unknown as Record<string, (...given: unknown[]) => unknown>)["ondone"]?.(
            ...values,
          );
        later(this.#context, this, delayNs, tell as () => unknown, [...result]);
        return undefined;
      }

      #promise([error, result]: JobResult): Promise<unknown> {
        return new Promise((resolve, reject) => {
          const settled = (): void => {
            if (error === undefined) resolve(result);
            // An error about something that is not simulated is passed on as it is. Web Crypto
            // would replace any other failure with its own error.
            else reject(error instanceof LightconeError ? error : operationError(error));
          };
          later(this.#context, this, delayNs, settled, []);
        });
      }
    }
    Object.defineProperty(Job, "name", { value: name });
    return Job;
  };
}

function operationError(cause: unknown): DOMException {
  const message = "The operation failed for an operation-specific reason";
  return new DOMException(message, { name: "OperationError", cause });
}

/**
 * Creates a job that runs the real class at once. `unwrap` converts an argument for native code:
 * earlier versions pass a whole key where later ones pass its handle.
 */
export function nativeJob(
  make: JobMaker,
  name: string,
  native: NativeCrypto,
  unwrap: (argument: unknown) => unknown,
): JobClass {
  const Real = native[name] as NativeJobClass;
  return make(name, (_mode, args) => {
    const job = new Real(native.kCryptoJobSync, ...args.map(unwrap));
    return () => resultOf(job.run());
  });
}
