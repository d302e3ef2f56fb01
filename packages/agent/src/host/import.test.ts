import { expect, test } from 'vitest'
import { z } from 'zod'

test('importing what a host needs builds no schema', async () => {
  let built = 0
  z.config({
    postProcessor: () => {
      built += 1
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
