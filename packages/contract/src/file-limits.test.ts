import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { FILE_LIMITS } from './file-limits.ts'
import { MAX_FILE_NAME_BYTES } from './file-name.ts'
import { DEFAULT_SANDBOX_LIMITS } from './sandbox-limits.ts'

describe('FILE_LIMITS', () => {
  it('lets code write as much content as writeArtifact says', () => {
    // The name, the media type and the names of the fields.
    const rest = 2 * MAX_FILE_NAME_BYTES + 2 * 200 + 100
    expect(FILE_LIMITS.writeChars + rest).toBeLessThanOrEqual(DEFAULT_SANDBOX_LIMITS.argumentChars)
  })

  it('is documented', () => {
    const text = readFileSync(new URL('../../../docs/limits.md', import.meta.url), 'utf8')
    const documented = [...text.matchAll(/^\| .* \| ([\d,]+) (bytes|characters) \| `(\w+)` \|$/gm)].map(
      ([, number = '', , name = '']) => [name, Number(number.replaceAll(',', ''))],
    )
    expect(Object.fromEntries(documented)).toEqual(FILE_LIMITS)
  })
})
