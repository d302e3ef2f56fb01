import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { expect, it, vi } from 'vitest'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const examples = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = '']) => code)

/** The expected output of each example of the README, in order. */
const PRINTED: unknown[][] = [
  [
    'task.created',
    'task.started',
    'step.replied',
    'call.started',
    'call.ended',
    'step.ended',
    'step.replied',
    'step.ended',
    'task.ended',
  ],
  [
    {
      kind: 'code',
      code: 'const sum = 2 + 2 // </code> in a comment closes nothing',
      thinking: 'Two and two.',
      text: expect.stringMatching(/^I add\.[\s\S]*<\/code>$/),
      invented: true,
    },
  ],
  ['Ask the tool.'],
  [1, '4', 1, 'same'],
  [expect.any(String)],
]

it('has an expected output for each example of the README', () => {
  expect(examples.length).toBe(PRINTED.length)
})

it.each(PRINTED.map((printed, index) => [index + 1, printed] as const))(
  'runs example %i of the README and prints the expected output',
  async (number, printed) => {
    const code = examples[number - 1] ?? ''
    const file = new URL(`./readme.example-${number}.ts`, import.meta.url)
    const log = vi.spyOn(console, 'log').mockImplementation(() => {})
    writeFileSync(file, code)
    try {
      await import(file.href)
      expect(log.mock.calls.flat()).toEqual(printed)
      for (const comment of [...code.matchAll(/^\/\/ (.*)$/gm)].map(([, line]) => line)) {
        expect(log.mock.calls.flat().join('\n').split('\n')).toContain(comment)
      }
    } finally {
      rmSync(file)
      log.mockRestore()
    }
  },
)
