import { errorText, InputError } from '@bailiwick/contract/world'
import { parseXml, XmlElement, XmlText } from '@rgrove/parse-xml'
import { INLINE_PICTURE } from './inline-picture.ts'

/**
 * Parses the SVG of a chart, checks each element and attribute, and writes the document again. Only what is listed here
 * passes, so the result runs no script and loads nothing, in whatever program opens it. Text may be any text.
 *
 * @throws InputError that names the first part that is not allowed
 */
export function cleanSvg(svg: string): string {
  const { children } = parse(svg.toWellFormed().replaceAll(NOT_XML, '\ufffd'))
  const [root] = children
  if (children.length !== 1 || !(root instanceof XmlElement) || root.name !== 'svg') {
    throw refusal(`${children.map(({ type }) => type).join(', ') || 'nothing'} beside the element svg`)
  }
  return write(root)
}

/** Characters that XML cannot carry, not even escaped. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are replaced
const NOT_XML = /[\0-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g

function parse(svg: string) {
  try {
    return parseXml(svg, { preserveDocumentType: true })
  } catch (error) {
    throw new InputError(`expected a chart that is valid XML: ${errorText(error).slice(0, 500)}`)
  }
}

const ELEMENTS = new Set(
  'circle clipPath defs ellipse g image line linearGradient path pattern polygon polyline radialGradient rect stop svg text tspan'.split(
    ' ',
  ),
)

/** Attributes that programs show or read aloud, and never interpret. */
const TEXTS = new Set('aria-hidden aria-label aria-roledescription class id role'.split(' '))

/** Attributes whose values are numbers, words, colors, transformations or shapes. */
const VALUES = new Set(
  (
    'clip-path cx cy d display dx dy fill fill-opacity font-family font-size font-style font-variant font-weight fr fx fy ' +
    'gradientTransform gradientUnits height image-rendering offset opacity patternTransform patternUnits pointer-events ' +
    'points preserveAspectRatio r rx ry stop-color stop-opacity stroke stroke-dasharray stroke-dashoffset stroke-linecap ' +
    'stroke-linejoin stroke-miterlimit stroke-opacity stroke-width text-anchor transform version viewBox visibility width ' +
    'x x1 x2 y y1 y2'
  ).split(' '),
)

/** Properties of a `style`, whose values are single words. */
const PROPERTIES = new Set(['image-rendering', 'mix-blend-mode'])

/** Functions in values. None of them loads anything. */
const FUNCTIONS = new Set(
  'color color-mix hsl hsla hwb lab lch matrix oklab oklch rgb rgba rotate scale skewx skewy translate'.split(
    ' ',
  ),
)

const NAMESPACES: Readonly<Record<string, string>> = {
  xmlns: 'http://www.w3.org/2000/svg',
  'xmlns:xlink': 'http://www.w3.org/1999/xlink',
}

function write(element: XmlElement): string {
  const { name, attributes, children } = element
  if (!ELEMENTS.has(name)) throw refusal(`the element ${name}`)
  const written = Object.entries(attributes).map(
    ([key, value]) => ` ${key}="${escapeXml(attributeValue(element, key, value), /[&<>"\t\n\r]/g)}"`,
  )
  const content = children.map((child) => {
    if (child instanceof XmlElement) return write(child)
    if (child instanceof XmlText) return escapeXml(child.text, /[&<>\r]/g)
    throw refusal(`a part of the kind ${child.type} in ${name}`)
  })
  return `<${name}${written.join('')}>${content.join('')}</${name}>`
}

function attributeValue({ name, parent }: XmlElement, key: string, value: string): string {
  if (TEXTS.has(key)) return value
  const where = `${key}="${value.slice(0, 200)}" in ${name}`
  if (VALUES.has(key)) {
    if (!isPlainValue(value)) throw refusal(where)
    return value
  }
  if (key === 'style') {
    const style = plainStyle(value)
    if (style === undefined) throw refusal(where)
    return style
  }
  const isPicture = name === 'image' && (key === 'href' || key === 'xlink:href')
  if (isPicture && (value === '' || INLINE_PICTURE.test(value))) return value
  if (!(parent instanceof XmlElement) && NAMESPACES[key] === value) return value
  throw refusal(where)
}

/**
 * Whether a value only names things or refers to a part of the document. A backslash could hide a name from this check,
 * and the other characters could end the value where a program reads it as CSS.
 */
function isPlainValue(value: string): boolean {
  if (/^url\((["']?)#[\w-]+\1\)$/.test(value)) return true
  if (/[\\;{}@:<>&]|\/\*/.test(value)) return false
  // What stands before each parenthesis. A regular expression over the whole value would be slow for a long path.
  const before = value.split('(').slice(0, -1)
  return before.every((part) => FUNCTIONS.has(lastWord(part).toLowerCase()))
}

function lastWord(text: string): string {
  return (
    text
      .trimEnd()
      .split(/[\s,()'"]/)
      .at(-1) ?? ''
  )
}

/** The declarations of a `style`; undefined if one is not allowed. */
function plainStyle(style: string): string | undefined {
  const declarations: string[] = []
  for (const declaration of style.split(';')) {
    if (declaration.trim() === '') continue
    const [, name = '', value = ''] = /^\s*([a-z-]+)\s*:\s*([a-zA-Z-]+)\s*$/.exec(declaration) ?? []
    if (!PROPERTIES.has(name)) return undefined
    declarations.push(`${name}: ${value};`)
  }
  return declarations.join(' ')
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
}

function escapeXml(text: string, characters: RegExp): string {
  return text.replaceAll(characters, (found) => ESCAPES[found] ?? found)
}

function refusal(found: string): InputError {
  return new InputError(`expected a chart without addresses, links, scripts and styles, found ${found}`)
}
