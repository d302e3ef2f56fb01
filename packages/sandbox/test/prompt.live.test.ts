import { PassThrough, Readable } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'
import { expect, it, vi } from 'vitest'
import { runSandboxPrompt } from '../src/index.ts'
import { useBubblewrap } from '../src/testing/use-bubblewrap.ts'

await useBubblewrap()

it('runs code, shows the limits and explains refusals', async () => {
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
    limits: { wallMs: 1_500 },
  })
  const text = Buffer.concat(shown).toString()
  expect(text).toMatch(/isolation: (process|confined)/)
  expect(text).toContain('\n21\n')
  expect(text).toContain('why: the isolate is bare V8 and has nothing of the runtime')
  expect(text).toContain('why: only granted packages can be imported')
  expect(text).toContain('why: the host decides about every call')
  expect(text).toContain('why: the step exceeded its time limit')
  expect(text).toMatch(/wallMs +1,500\n/)
  expect(text).toContain('\n40\n')
  expect(text).not.toContain('never is not defined')
})

it('shows final answers and interrupts running code', async () => {
  // As on a terminal, where Ctrl-C is a key.
  const input = Object.assign(new PassThrough(), { isTTY: true })
  const output = new PassThrough()
  let text = ''
  output.on('data', (chunk: Buffer) => {
    text += stripVTControlCharacters(chunk.toString()).replaceAll('\r', '')
  })
  const prompted = (count: number) =>
    vi.waitFor(() => expect(text.split('\n> ').length).toBeGreaterThan(count), 20_000)
  /** Types a line. Returns what is shown before the next prompt. */
  const type = async (line: string, interrupt = false) => {
    await prompted(1)
    text = ''
    input.write(`${line}\n`)
    if (interrupt) setTimeout(() => input.write('\x03'), 300)
    await prompted(1)
    const seen = text
    text = `\n> `
    return seen
  }
  const ended = runSandboxPrompt({ input, output, limits: { wallMs: 20_000, cpuMs: 20_000 } })
  expect(await type('finalAnswer(10n)')).toContain('final answer: 10n')
  expect(await type('finalAnswer(new Map([[1, { a: 2n }]]))')).toContain(
    'final answer: Map(1) { 1 => { a: 2n } }',
  )
  await type('let a = 41')
  const stopped = await type('a = 0; for (;;);', true)
  expect(stopped).toContain('why: you interrupted it')
  expect(stopped).toContain('  canceled, ')
  expect(await type('a')).toContain('\n41\n')
  expect(await type('await echo({}); 7')).toMatch(/\n7\n.* 2 turns\n/)
  expect(await type('8')).toMatch(/\n8\n.* 1 turn\n/)
  input.write('\x03')
  await ended
})
