/** Text of others (files, programs) as a terminal may show it. */

// Control characters, those of right-to-left writing that reorder what stands around them, and line breaks
// of Unicode.
// oxlint-disable-next-line no-control-regex -- control characters are what this is about
const unsafe = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/**
 * `text` with what a terminal would obey instead of show (colours, cursor moves, line breaks) in the form
 * `\u001b`. Valid inside the strings of JSON, too.
 */
export function printable(text: string): string {
  return text.replace(
    unsafe,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
