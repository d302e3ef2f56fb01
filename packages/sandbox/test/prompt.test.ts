import { PassThrough, Readable } from 'node:stream'
import { expect, it } from 'vitest'
import { runSandboxPrompt } from '../src/index.ts'

it('is a prompt that runs code, shows its limits and explains what it refuses', async () => {
  const typed = [
    'const a: number = 20',
    'a + 1',
    'process.exit(1)',
    'await import("node:fs")',
    'await secret()',
    'for (;;);',
    'a',
    '.limits',
    '.edit',
    'function twice(x) {',
    '  return 2 * x',
    '}',
    'twice(a)',
    '.end',
    '.exit',
    'never',
  ]
  const output = new PassThrough()
  const shown: Buffer[] = []
  output.on('data', (chunk: Buffer) => shown.push(chunk))
  await runSandboxPrompt({
    input: Readable.from(typed.map((line) => `${line}\n`)),
    output,
    limits: { wallMs: 300 },
  })
  const text = Buffer.concat(shown).toString()
  expect(text).toMatch(/isolation: (process|confined)/)
  expect(text).toContain('\n21\n')
  expect(text).toContain('why: the isolate is bare V8: nothing of the runtime is inside')
  expect(text).toContain('why: only granted packages can be imported')
  expect(text).toContain('why: the host decides about every call')
  expect(text).toContain('why: the limit on time acted')
  expect(text).toMatch(/wallMs +300\n/)
  expect(text).toContain('\n40\n')
  expect(text).not.toContain('never is not defined')
})
