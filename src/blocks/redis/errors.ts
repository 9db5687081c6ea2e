/**
 * Redis's error texts. A command throws one of these values, and the dispatcher sends it as the
 * reply. They are not `Error`s, because an error reply is an ordinary reply and needs no stack.
 */
import { RespError } from "../../wire/index.ts";

export const WRONG_TYPE: RespError = new RespError(
  "WRONGTYPE Operation against a key holding the wrong kind of value",
);
export const SYNTAX: RespError = new RespError("ERR syntax error");
export const NOT_INTEGER: RespError = new RespError("ERR value is not an integer or out of range");
export const NOT_FLOAT: RespError = new RespError("ERR value is not a valid float");
export const NO_SUCH_KEY: RespError = new RespError("ERR no such key");
export const OUT_OF_RANGE: RespError = new RespError("ERR index out of range");
export const NOT_POSITIVE: RespError = new RespError("ERR value is out of range, must be positive");

export const OUT_OF_MEMORY: RespError = new RespError(
  "OOM command not allowed when used memory > 'maxmemory'.",
);

export const NO_REPLICAS: RespError = new RespError(
  "NOREPLICAS Not enough good replicas to write.",
);

/** An `ERR` reply. */
export function err(text: string): RespError {
  return new RespError(`ERR ${text}`);
}

/** The reply to a command with too many or too few arguments. */
export function wrongArity(name: string): RespError {
  return err(`wrong number of arguments for '${name}' command`);
}

/** The reply to an invalid expiry time. */
export function invalidExpire(name: string): RespError {
  return err(`invalid expire time in '${name}' command`);
}
