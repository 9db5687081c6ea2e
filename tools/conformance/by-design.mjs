/**
 * Tests that cannot pass on a simulated host by design, each with its reason. Reviewed by hand: a test
 * is here only when passing it would mean reaching the real machine or the inside of V8.
 */
export const byDesign = {};
