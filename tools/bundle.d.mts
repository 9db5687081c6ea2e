/** Joins the module at `entry`, a file of `dist`, with its dependencies in there. */
export function bundle(entry: string): Promise<void>;
