import { expect, it } from 'vitest'
import { rewriteStep } from '../rewrite/rewrite-step.ts'
import { explainError } from './explain-error.ts'

it.each([
  ['serach', ['search', 'sleep'], '; did you mean `search`?'],
  ['temprature', ['temperature', 'pressure'], '; did you mean `temperature`?'],
  ['Search', ['search'], '; did you mean `search`?'],
  ['xyz', ['search'], ''],
  ['id', ['ok'], ''],
  ['a'.repeat(100), ['a'.repeat(99)], ''],
])('suggests a name for %s only if one is near', (name, names, suggestion) => {
  const code = `${name}()`
  const rewritten = rewriteStep(code, new Set(), new Set())
  const error = { name: 'ReferenceError', message: `${name} is not defined`, stack: '' }
  const { message } = explainError(error, { number: 1, code, rewritten, names, keys: '' })
  expect(message).toBe(`${name} is not defined${suggestion}`)
})
