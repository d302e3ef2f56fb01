import { expect, it } from 'vitest'
import { scratch } from '../testing/scratch.ts'
import { requireSpace } from './disk-space.ts'

it('begins nothing where less is free than is needed, and says how much there is and what to do', async () => {
  await using place = await scratch()
  expect(() => requireSpace(place.folder)).not.toThrow()
  expect(() => requireSpace(place.folder, Number.MAX_SAFE_INTEGER)).toThrow(
    expect.objectContaining({
      code: 'disk-full',
      message: expect.stringMatching(
        new RegExp(
          `^the disk of ${place.folder} is full \\(\\d+\\.\\d [MG]B free\\): make room .* nothing was begun$`,
        ),
      ),
    }),
  )
})
