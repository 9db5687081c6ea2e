/**
 * The packages that take long to install and to load: run by `npm run compatibility`, which installs them first, and
 * not by `npm test`.
 */
import { fileURLToPath } from "node:url";
import { testPrograms } from "./programs.ts";

testPrograms(fileURLToPath(new URL("../../examples/more-packages/programs/", import.meta.url)));
