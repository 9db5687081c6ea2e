/** `internalBinding('credentials')`: who a process runs as. It decides what the disk lets it do. */
import { filesOf } from "../../sim/disk/index.ts";
import type { Realm } from "../realm-types.ts";
import { exceptionOf } from "./fs/errors.ts";
import { SystemError } from "../../sim/disk/index.ts";

/** The accounts of `/etc/passwd` and `/etc/group` on every host. */
const accounts: Readonly<Record<string, number>> = { root: 0, nobody: 65_534, nogroup: 65_534 };

function idOf(name: number | string): number | undefined {
  return typeof name === "number" ? name : accounts[name];
}

/** Makes the binding of one process. */
export function createCredentialsBinding(realm: Realm): object {
  const files = filesOf(realm.context.process);

  /** Sets one identity: 0 when done, 1 when there is no such account; others than root may set their own. */
  function setter(field: "uid" | "gid", syscall: string): (name: number | string) => number {
    return (name) => {
      const id = idOf(name);
      if (id === undefined) return 1;
      if (files.uid !== 0 && id !== files[field]) {
        throw exceptionOf(new SystemError("EPERM"), { syscall });
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
    getgroups: () => [...new Set([files.gid, ...files.groups])],
    setuid: setter("uid", "setuid"),
    seteuid: setter("uid", "seteuid"),
    setgid: setter("gid", "setgid"),
    setegid: setter("gid", "setegid"),
    setgroups(groups: readonly (number | string)[]) {
      const ids = groups.map(idOf);
      const unknown = ids.indexOf(undefined);
      if (unknown >= 0) return unknown + 1;
      if (files.uid !== 0) throw exceptionOf(new SystemError("EPERM"), { syscall: "setgroups" });
      files.groups = ids as number[];
      return 0;
    },
    initgroups(user: number | string, extra: number | string) {
      if (idOf(user) === undefined) return 1;
      const group = idOf(extra);
      if (group === undefined) return 2;
      if (files.uid !== 0) throw exceptionOf(new SystemError("EPERM"), { syscall: "initgroups" });
      files.groups = [group];
      return 0;
    },
  };
}
