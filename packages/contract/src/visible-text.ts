// biome-ignore lint/suspicious/noControlCharactersInRegex: these characters are made visible
const CONTROL = /[\0-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g

/**
 * A text for a terminal or a log. Control characters and marks that reorder text become visible (`\x1b`, `\u202e`), so
 * that nobody's text can move the cursor, hide lines, or write to the clipboard. Line breaks and tabs stay. Colors of
 * our own are added afterwards.
 *
 * @example
 * visibleText('\u001b[2J') // '\\x1b[2J'
 */
export function visibleText(text: string): string {
  return text.replaceAll('\r\n', '\n').replaceAll(CONTROL, escapeOf)
}

/** A text for one line of a terminal, like {@link visibleText}. Line breaks and tabs become visible too. */
export function visibleLine(text: string): string {
  return visibleText(text).replaceAll('\n', '\\n').replaceAll('\t', '\\t')
}

/** JSON for a terminal: the same value, with control characters escaped. JSON itself escapes only some of them. */
export function visibleJson(json: string): string {
  return json.replaceAll(CONTROL, (found) => `\\u${hex(found, 4)}`)
}

function escapeOf(character: string): string {
  return character < '\u0100' ? `\\x${hex(character, 2)}` : `\\u${hex(character, 4)}`
}

function hex(character: string, digits: number): string {
  return character.charCodeAt(0).toString(16).padStart(digits, '0')
}
