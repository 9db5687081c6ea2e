/**
 * A world in the version with the mended bug is the same file in another folder: `corpus/fixed`, whose package.json names
 * those versions. So world files import packages by their own names, as everywhere.
 */
import { cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";

/** Copies a world, and the folder of its name with its programs, into `fixed`. Returns the world's new path. */
export function copyForFixed(folder, name) {
  const world = `${folder}fixed/${name}.world.ts`;
  const text = readFileSync(`${folder}${name}.world.ts`, "utf8");
  // What lies outside of the folder is one folder further away.
  writeFileSync(world, text.replaceAll('from "../', 'from "../../'));
  if (existsSync(`${folder}${name}`)) {
    cpSync(`${folder}${name}`, `${folder}fixed/${name}`, { recursive: true });
  }
  return world;
}
