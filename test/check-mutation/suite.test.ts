/**
 * At least 5,000 valid histories, none blamed; at least 5,000 broken by one change, all caught.
 * `npm run mutation` runs many more.
 */
import { afterAll, describe, expect, it } from "vitest";
import { subjects } from "./subjects.ts";
import { describeMiss, runSubject } from "./suite.ts";

const perSubject = Number(process.env["MUTATION_HISTORIES"] ?? 120);
const total = { valid: 0, broken: 0 };

describe("every algorithm", () => {
  for (const subject of subjects) {
    it(`blames nothing valid and misses nothing broken: ${subject.name}`, () => {
      const { valid, broken, misses } = runSubject(subject, perSubject);
      total.valid += valid;
      total.broken += broken;
      expect(misses.map(describeMiss).join("\n")).toBe("");
      expect(broken).toBeGreaterThan(perSubject * 0.8);
    });
  }
  afterAll(() => {
    console.log(
      `${total.valid} valid histories, none blamed; ${total.broken} broken ones, all caught`,
    );
  });
});
