type Node = Record<string, unknown>

/** Rows in which the names of fields are looked up. */
const MAX_SAMPLE_ROWS = 1_000

/**
 * Warns about fields that an encoding names and no row has. Vega draws such a chart empty, and at best warns of infinite
 * extents. Does not warn below a transform, which may make fields of its own.
 */
export function unknownFields(spec: object): string[] {
  return [...new Set(warnings(spec as Node, undefined))]
}

/** `known` are the fields of the enclosing data; undefined if they are not known. */
function warnings(node: Node, known: ReadonlySet<string> | undefined): string[] {
  const own = 'data' in node ? fieldsOf(node.data) : known
  const fields = 'transform' in node || 'repeat' in node ? undefined : own
  const here = fields === undefined ? [] : unknownIn(node.encoding, fields)
  const parts = ['layer', 'concat', 'hconcat', 'vconcat'].flatMap((key) =>
    Array.isArray(node[key]) ? node[key] : [],
  )
  const inner = isNode(node.spec) ? [node.spec] : []
  return [...here, ...[...parts, ...inner].filter(isNode).flatMap((part) => warnings(part, fields))]
}

function unknownIn(encoding: unknown, known: ReadonlySet<string>): string[] {
  if (!isNode(encoding)) return []
  return Object.entries(encoding)
    .flatMap(([channel, definition]) => [definition].flat().map((each) => ({ channel, each })))
    .flatMap(({ channel, each }) => {
      const field = isNode(each) ? each.field : undefined
      // Vega resolves paths into nested values.
      if (typeof field !== 'string' || /[.[\\]/.test(field) || known.has(field)) return []
      return [`encoding.${channel}: no row has the field "${field}"; known fields: ${[...known].join(', ')}`]
    })
}

function fieldsOf(data: unknown): ReadonlySet<string> | undefined {
  if (!isNode(data) || !Array.isArray(data.values)) return undefined
  const rows = data.values.slice(0, MAX_SAMPLE_ROWS)
  if (rows.length === 0 || !rows.every(isNode)) return undefined
  return new Set(rows.flatMap((row) => Object.keys(row)))
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
