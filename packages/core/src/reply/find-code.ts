import { findOutsideLiterals } from './find-outside-literals.ts'

/** A code block of a reply. `language` is the fence's language in lower case, or ''. */
export interface Block {
  language: string
  code: string
}

const TAGGED = 'tag'

/**
 * Finds the code blocks in a reply: `<code>…</code>` if there is any (the last may be unclosed), otherwise fences.
 * Neither closes inside a string or a template.
 */
export function findCode(text: string): Block[] {
  const tagged = findBlocks(text, /<code>/g, /<\/code>/)
  if (tagged.length > 0) return tagged.map((block) => unfence({ ...block, language: TAGGED }))
  return findBlocks(text, /(?:^|\n)[ \t]*```([^\n`]*)(?:\n|$)/g, /(?<=\n[ \t]*)```/)
}

function findBlocks(text: string, open: RegExp, close: RegExp): Block[] {
  const blocks: Block[] = []
  for (let found = open.exec(text); found !== null; found = open.exec(text)) {
    const start = open.lastIndex
    const end = findOutsideLiterals(text, close, start)
    const code = text.slice(start, end < 0 ? text.length : end)
    if (code.trim() !== '')
      blocks.push({ language: (found[1] ?? '').trim().toLowerCase(), code: code.trim() })
    if (end < 0) break
    open.lastIndex = end + (/^<\/code>|^```/.exec(text.slice(end))?.[0].length ?? 0)
  }
  return blocks
}

/** Removes a fence that the model wrote inside the tag. */
function unfence(block: Block): Block {
  const fenced = /^```([^\n`]*)\n([\s\S]*?)\n?[ \t]*```$/.exec(block.code)
  return fenced
    ? { language: (fenced[1] ?? '').trim().toLowerCase() || TAGGED, code: fenced[2] ?? '' }
    : block
}
