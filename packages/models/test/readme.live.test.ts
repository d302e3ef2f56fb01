import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const folder = join(import.meta.dirname, '..')
const examples = (await readFile(join(folder, 'README.md'), 'utf8')).matchAll(/^```ts\n(.*?)^```$/gms)
const PRINTED = [/\[user\]\nHello\n? command\/cat \{.*inputTokens: \d+/s, /^It is blue\. ollama\/qwen3:8b$/m]

describe('the examples in the README', () => {
  it.each([...examples].map(([, code = ''], place) => ({ code, printed: PRINTED[place] })))(
    'run and print $printed',
    async ({ code, printed }) => {
      const args = [...process.execArgv, '--input-type=module-typescript', '-e', code]
      const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { cwd: folder })
      expect(stdout).toMatch(printed ?? /PRINTED has a pattern for each example/)
      expect(stderr).toBe('')
    },
  )
})
