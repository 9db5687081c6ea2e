/** Makes text from files and programs safe to show on a terminal. */

// Control characters, bidirectional formatting characters that reorder the text around them, and
// Unicode line breaks.
// oxlint-disable-next-line no-control-regex -- control characters are what this is about
const unsafe = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/**
 * Escapes the characters in `text` that a terminal would interpret (colours, cursor moves, line
 * breaks) as `\u001b`. The result is also valid inside JSON strings.
 */
export function printable(text: string): string {
  return text.replace(
    unsafe,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
