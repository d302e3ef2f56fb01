/** Indents all lines of a text but the first, so that a text with several lines cannot pass for several entries. */
export function indentRest(text: string): string {
  return text.replaceAll(/\r\n|\n/g, '\n    ')
}
