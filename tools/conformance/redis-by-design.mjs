/** Tests of Redis's suite that our block does not pass, and is not meant to; each with its reason. */
export const byDesign = {};
