/**
 * A world with other versions of its packages is the same file in another folder, whose package.json names those versions:
 * `corpus/fixed` has the versions with the mended bugs. So world files import packages by their own names, as everywhere.
 */
import { cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";

/** Copies a world, and the folder of its name with its programs, into the folder `to`. Returns the world's new path. */
export function copyWorld(folder, name, to) {
  const world = `${folder}${to}/${name}.world.ts`;
  const text = readFileSync(`${folder}${name}.world.ts`, "utf8");
  // What lies outside of the folder is one folder further away.
  writeFileSync(world, text.replaceAll('from "../', 'from "../../'));
  if (existsSync(`${folder}${name}`)) {
    cpSync(`${folder}${name}`, `${folder}${to}/${name}`, { recursive: true });
  }
  return world;
}
