/** What a reporter is: it renders the result of a campaign for another tool. */
import type { Explored } from "../explored.ts";

/** A reporter. To add one, add a file beside this one and a line to the registry. */
export interface Reporter {
  /** The word on the command line. */
  readonly name: string;
  /** What it writes, in one line of the help. */
  readonly summary: string;
  /**
   * Where it writes if no file is named: the environment variable that holds the file's path, to which is appended;
   * `undefined` for the standard output.
   */
  readonly fileVariable?: string;
  /** Renders the result; `directory` is the folder to which paths are shown relative. */
  render(explored: Explored, directory: string): string;
}
