/**
 * Reads a disk from outside after a run, for checks: what programs would read, and what would be left if the
 * machine lost power now.
 */
import type { Content } from "./content.ts";
import { type DirectoryNode, FileNode, type Inode, isDirectory, SymlinkNode } from "./inode.ts";

const LINKS_MAX = 40;

/** One state of a disk: the one that programs see, or the durable one. */
export interface DiskView {
  /** The bytes of a file, following symbolic links; `undefined` if there is no such file. */
  readFile(path: string): Uint8Array | undefined;
  /** The names in a directory, sorted; `undefined` if there is no such directory. */
  list(path: string): readonly string[] | undefined;
}

/** A view of the file tree at `root`. Names and paths are UTF-8. */
export function viewOf(root: DirectoryNode, state: "seen" | "durable"): DiskView {
  // What is on another machine is read there.
  const real = (inode: Inode | undefined): Inode | undefined =>
    inode?.mount.remote ? inode.mount.remote.truth(inode) : inode;
  const child = (directory: DirectoryNode, name: string): Inode | undefined =>
    real(state === "seen" ? directory.find(name)?.inode : directory.durableEntries.get(name));
  const find = (path: string, links = 0): Inode | undefined => {
    let at: Inode | undefined = root;
    const steps = path.split("/").filter((step) => step !== "" && step !== ".");
    for (const [index, step] of steps.entries()) {
      if (at === undefined || !isDirectory(at)) return undefined;
      const next = child(at, toName(step));
      if (next instanceof SymlinkNode) {
        if (links >= LINKS_MAX) return undefined;
        const folder = `/${steps.slice(0, index).join("/")}`;
        const target = next.target.startsWith("/") ? next.target : `${folder}/${next.target}`;
        return find([target, ...steps.slice(index + 1)].join("/"), links + 1);
      }
      at = next;
    }
    return at;
  };
  return {
    readFile(path) {
      const inode = find(path);
      if (!(inode instanceof FileNode)) return undefined;
      return bytesOf(state === "seen" ? inode.content : inode.durableContent);
    },
    list(path) {
      const inode = find(path);
      if (inode === undefined || !isDirectory(inode)) return undefined;
      const names = state === "seen" ? inode.entries.keys() : inode.durableEntries.keys();
      return [...names].map(fromName).sort();
    },
  };
}

function bytesOf(content: Content): Uint8Array {
  const bytes = new Uint8Array(content.size);
  content.read(0, bytes);
  return bytes;
}

/** The disk keeps names as byte strings: one UTF-16 unit for each byte. */
function toName(text: string): string {
  return String.fromCharCode(...new TextEncoder().encode(text));
}

function fromName(name: string): string {
  return new TextDecoder().decode(Uint8Array.from(name, (unit) => unit.charCodeAt(0)));
}
