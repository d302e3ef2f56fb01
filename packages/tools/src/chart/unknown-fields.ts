type Node = Record<string, unknown>

/** Rows that are looked at for the names of fields. */
const SAMPLE_ROWS = 1_000

/**
 * Warnings about fields that an encoding names and no row has. Vega draws such a chart with nothing
 * in it, and speaks of infinite extents at best. Where a transform makes fields of its own, nothing is said.
 */
export function unknownFields(spec: object): string[] {
  return [...new Set(warnings(spec as Node, undefined))]
}

/** `known`: the fields of the data above; undefined where they cannot be told. */
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
      // Paths into nested values are Vega's to resolve.
      if (typeof field !== 'string' || /[.[\\]/.test(field) || known.has(field)) return []
      return [`encoding.${channel}: no row has the field "${field}"; there is: ${[...known].join(', ')}`]
    })
}

function fieldsOf(data: unknown): ReadonlySet<string> | undefined {
  if (!isNode(data) || !Array.isArray(data.values)) return undefined
  const rows = data.values.slice(0, SAMPLE_ROWS)
  if (rows.length === 0 || !rows.every(isNode)) return undefined
  return new Set(rows.flatMap((row) => Object.keys(row)))
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
