import { expect, test } from 'vitest'
import { z } from 'zod'

test('builds no schema when it is imported, only lazy ones', async () => {
  let built = 0
  z.config({
    postProcessor: (schema: z.core.$ZodType) => {
      if (schema._zod.def.type !== 'lazy') built += 1
    },
  })
  try {
    await import('./index.ts')
    expect(built).toBe(0)
    z.string()
    expect(built).toBe(1)
  } finally {
    z.config({ postProcessor: undefined })
  }
})
