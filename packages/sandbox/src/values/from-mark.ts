import { decodeValue } from '@bailiwick/contract/world'

/**
 * What a mark stands for, its parts being decoded already. Kinds whose parts are texts are left to the
 * contract.
 */
export function fromMark(mark: unknown[]): unknown {
  const [kind, first] = mark
  switch (kind) {
    case 'map':
      return new Map(first as [unknown, unknown][])
    case 'set':
      return new Set(first as unknown[])
    case 'object':
      return first
    default:
      return decodeValue(JSON.stringify({ $: mark }))
  }
}
