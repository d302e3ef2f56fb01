import { expect, it } from 'vitest'
import { scratch } from '../testing/scratch.ts'
import { requireSpace } from './disk-space.ts'

it('rejects work on a full disk, and says how much is free and what to do', async () => {
  await using place = await scratch()
  expect(() => requireSpace(place.folder)).not.toThrow()
  expect(() => requireSpace(place.folder, Number.MAX_SAFE_INTEGER)).toThrow(
    expect.objectContaining({
      code: 'disk-full',
      message: expect.stringMatching(
        new RegExp(
          `^Expected \\d+\\.\\d GB free on the disk of ${place.folder}, found \\d+\\.\\d [MG]B\\. Free some space .* Nothing was started\\.$`,
        ),
      ),
    }),
  )
})
