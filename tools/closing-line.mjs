/**
 * A Vitest reporter for CI. The very last line is always "N passed, N failed", for whoever reads only that;
 * how many were skipped stands on a line of its own before it.
 */
export default class ClosingLine {
  onTestRunEnd(modules, unhandledErrors) {
    // What fails outside of any test (a module that does not load, a stray rejection) fails the whole run.
    const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const module of modules) {
      if (module.errors().length > 0) counts.failed++;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        counts[state === "passed" || state === "failed" ? state : "skipped"]++;
      }
    }
    // As the process ends: nothing that Vitest still has to say comes after it.
    process.once("exit", () => {
      if (counts.skipped > 0) console.log(`${counts.skipped} skipped`);
      console.log(`${counts.passed} passed, ${counts.failed} failed`);
    });
  }
}
