/**
 * `internalBinding('credentials')`: the user and groups of a process. They decide what the disk
 * allows.
 */
import { filesOf } from "../../sim/disk/index.ts";
import type { Realm } from "../realm-types.ts";

/** The accounts of `/etc/passwd` and `/etc/group` on every host. */
const users: Readonly<Record<string, number>> = { root: 0, nobody: 65_534 };
const groups: Readonly<Record<string, number>> = { root: 0, nogroup: 65_534 };

function userId(name: number | string): number | undefined {
  return typeof name === "number" ? name : users[name];
}

function groupId(name: number | string): number | undefined {
  return typeof name === "number" ? name : groups[name];
}

/** These calls do not go through libuv: their errors have the C library's text and number. */
function notPermitted(syscall: string): Error {
  const error = new Error("EPERM, Operation not permitted");
  return Object.assign(error, { errno: 1, code: "EPERM", syscall });
}

/** Creates the binding of one process. */
export function createCredentialsBinding(realm: Realm): object {
  const files = filesOf(realm.context.process);

  /**
   * Sets one identity. Returns 0 on success, 1 if there is no such account. Users other than root
   * may only set their own identity.
   */
  function setter(field: "uid" | "gid", syscall: string): (name: number | string) => number {
    return (name) => {
      const id = field === "uid" ? userId(name) : groupId(name);
      if (id === undefined) return 1;
      if (files.uid !== 0 && id !== files[field]) {
        throw notPermitted(syscall);
      }
      files[field] = id;
      return 0;
    };
  }

  return {
    implementsPosixCredentials: true,
    safeGetenv: (name: string) => realm.process.env[name],
    getTempDir: () => realm.process.env.TMPDIR ?? "/tmp",
    getuid: () => files.uid,
    geteuid: () => files.uid,
    getgid: () => files.gid,
    getegid: () => files.gid,
    getgroups: () => [...new Set([...files.groups, files.gid])],
    setuid: setter("uid", "setuid"),
    seteuid: setter("uid", "seteuid"),
    setgid: setter("gid", "setgid"),
    setegid: setter("gid", "setegid"),
    setgroups(wanted: readonly (number | string)[]) {
      const ids = wanted.map(groupId);
      const unknown = ids.indexOf(undefined);
      if (unknown >= 0) return unknown + 1;
      if (files.uid !== 0) throw notPermitted("setgroups");
      files.groups = ids as number[];
      return 0;
    },
    initgroups(user: number | string, extra: number | string) {
      const group = groupId(extra);
      if (group === undefined) return 2;
      // A name is accepted as it is. A number must belong to an account.
      if (typeof user === "number" && !Object.values(users).includes(user)) return 1;
      if (files.uid !== 0) throw notPermitted("initgroups");
      files.groups = [group];
      return 0;
    },
  };
}
