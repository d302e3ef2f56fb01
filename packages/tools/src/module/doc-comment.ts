/** A parsed doc comment. */
export interface DocComment {
  text: string
  /** By name. A member of an object is named `object.member`. */
  params: Map<string, DocParam>
  /** `@property`, of a `@typedef`. */
  properties: Map<string, DocParam>
  returns?: { type?: string; text: string }
  /** `@typedef {type} name`. */
  typedef?: { name: string; type?: string }
  effect?: string
  internal: boolean
}

export interface DocParam {
  /** The text between braces, in JavaScript only. */
  type?: string
  optional: boolean
  text: string
}

/** A tag starts a line. The tags that are read here may also follow the text of a one-line comment. */
const TAG = /^[ \t]*(?=@[a-zA-Z]+\b)|[ \t](?=@(?:param|returns?|effect|internal)\b)/m

/** Parses the inside of a doc comment, from its first asterisk on. */
export function parseDoc(comment: string): DocComment {
  const lines = comment.split(/\r?\n/).map((line) => line.replace(/^\s*\*+ ?/, '').trimEnd())
  const [text = '', ...tags] = lines.join('\n').split(TAG)
  const doc: DocComment = { text: text.trim(), params: new Map(), properties: new Map(), internal: false }
  if (doc.text.startsWith('@')) {
    tags.unshift(doc.text)
    doc.text = ''
  }
  for (const tag of tags) readTag(doc, tag.trim())
  return doc
}

function readTag(doc: DocComment, tag: string): void {
  const [, name = '', rest = ''] = /^@([a-zA-Z]+)\s*([\s\S]*)$/.exec(tag) ?? []
  const { type, text } = splitType(rest)
  switch (name) {
    case 'param':
    case 'arg':
    case 'argument':
      addParam(doc.params, type, text)
      return
    case 'property':
    case 'prop':
      addParam(doc.properties, type, text)
      return
    case 'return':
    case 'returns':
      doc.returns = { text: oneLine(text), ...(type !== undefined && { type }) }
      return
    case 'typedef':
      doc.typedef = { name: text.trim().split(/\s/)[0] ?? '', ...(type !== undefined && { type }) }
      return
    case 'effect':
      doc.effect = rest.trim().split(/\s/)[0] ?? ''
      return
    case 'internal':
    case 'private':
      doc.internal = true
  }
}

function addParam(into: Map<string, DocParam>, type: string | undefined, text: string): void {
  const [, bracketed, plain, rest = ''] =
    /^(?:\[\s*([\w$.]+)[^\]]*\]|([\w$.]+))\s*([\s\S]*)$/.exec(text) ?? []
  const name = bracketed ?? plain
  if (name === undefined) return
  const optional = bracketed !== undefined || (type?.endsWith('=') ?? false)
  const bare = type?.replace(/=$/, '')
  into.set(name, {
    optional,
    text: oneLine(rest.replace(/^[-–:]\s*/, '')),
    ...(bare !== undefined && { type: bare }),
  })
}

/** Splits `{type} rest`. The type may contain braces. */
function splitType(text: string): { type?: string; text: string } {
  if (!text.startsWith('{')) return { text }
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '{') depth++
    else if (text[at] === '}') depth--
    if (depth === 0) return { type: text.slice(1, at).trim(), text: text.slice(at + 1).trim() }
  }
  return { text }
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim()
}
