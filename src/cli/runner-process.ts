/** The entry module of a runner process. World files import Lightcone's modules from here. */
import * as blocks from "../blocks/index.ts";
import * as check from "../check/index.ts";
import { serveRuns } from "../explore/child.ts";
import * as history from "../history/index.ts";

serveRuns({ "lightcone/blocks": blocks, "lightcone/check": check, "lightcone/history": history });
