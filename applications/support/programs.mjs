/** The programs of a host of an application's description (see README.md). */

/** The programs in their order of starting, each with its name. A host with a single program is that program. */
export function programsOf(host) {
  if (host.programs === undefined) return [{ name: "main", ...host }];
  return Object.entries(host.programs).map(([name, program]) => ({ name, ...program }));
}

/** The port that others know the host by: that of its last program that has one. */
export function portOf(programs) {
  return programs.findLast(({ port }) => port !== undefined).port;
}
