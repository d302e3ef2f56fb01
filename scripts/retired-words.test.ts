import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '..')

/** Words that once named a concept, and the word to use instead. docs/glossary.md lists the words in use. */
const RETIRED: readonly (readonly [pattern: RegExp, instead: string])[] = [
  [/\b\w*(?:mourn|fruitless)\w*/i, 'a plain word for what happens'],
  [/\b(?:bury|buried|cutOffExcess|ringAnew|tellError)\w*/i, 'a plain word for what happens'],
  [/\bdoorbell\w*/i, 'bell'],
  [/\bsubmittedBy\b/, 'owner'],
  [/\b(?:run|local|control)Answer\w*/i, 'reply, decision or decide'],
  [/\bundoneTurn\w*/i, 'VoidedTurn'],
  [/\bbegun-again\b/, 'turn.restarted'],
  [/'(?:policy\.refused|checkpoint\.refused)'/, 'call.refused or step.checkpoint-refused'],
  [/'run\.(?:dispatched|returned)'/, 'task.dispatched or task.returned'],
  [/'call\.answered'/, 'call.decided'],
  [
    /\btype: '(?:attempt|suspended|planned|observed|asked|answered|diverged|continued|void)'/,
    'the name of the event, such as task.started',
  ],
]

it('no source uses a retired word', () => {
  const files = globSync('{apps,bench,chaos,docs,packages,scripts}/**/*.{ts,mjs}', {
    cwd: ROOT,
    exclude: (name) => name === 'node_modules' || name === 'dist',
  })
  const found: string[] = []
  for (const file of files) {
    if (join(ROOT, file) === import.meta.filename) continue
    for (const [index, line] of readFileSync(join(ROOT, file), 'utf8').split('\n').entries()) {
      for (const [pattern, instead] of RETIRED) {
        const word = pattern.exec(line)?.[0]
        if (word !== undefined) found.push(`${file}:${index + 1}: "${word}" is retired. Use ${instead}.`)
      }
    }
  }
  expect(found).toEqual([])
})
