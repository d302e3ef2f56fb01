import { afterEach, expect, it } from 'vitest'
import { fromBase64, toBase64 } from './base64.ts'

const { toBase64: native } = Uint8Array.prototype as { toBase64?: unknown }
const { fromBase64: nativeFrom } = Uint8Array as { fromBase64?: unknown }
afterEach(() => {
  Object.assign(Uint8Array.prototype, { toBase64: native })
  Object.assign(Uint8Array, { fromBase64: nativeFrom })
})

it.each(['with', 'without'])(
  'encodes like Buffer and decodes it again, %s the methods of new runtimes',
  (which) => {
    if (which === 'without') {
      Object.assign(Uint8Array.prototype, { toBase64: undefined })
      Object.assign(Uint8Array, { fromBase64: undefined })
    }
    for (const length of [0, 1, 2, 3, 100_000]) {
      const bytes = Uint8Array.from({ length }, (_, index) => index % 256)
      expect(toBase64(bytes)).toBe(Buffer.from(bytes).toString('base64'))
      expect(Buffer.compare(fromBase64(toBase64(bytes)), bytes)).toBe(0)
    }
  },
)
