import { InputError } from '@bailiwick/contract'
import { z } from 'zod'
import type { Case } from './case.ts'
import { readRows } from './read-rows.ts'

const rowSchema = z.object({ question: z.string(), answer: z.string() })

/**
 * GSM8K as published: `question`, and `answer` with steps as `<<48/2=24>>` and the result after `####`. The answer is
 * right if it is that number.
 */
export async function* readGsm8k(path: string): AsyncGenerator<Case> {
  let row = 0
  for await (const given of readRows(path)) {
    const { question, answer } = rowSchema.parse(given)
    const result = /####\s*(-?[\d.,]+)/.exec(answer)?.[1]?.replaceAll(',', '')
    const expected = Number(result ?? Number.NaN)
    if (!Number.isFinite(expected)) {
      throw new InputError(
        `${path}, row ${row + 1}: expected a number after "####", found "${answer.slice(-60)}".`,
      )
    }
    const last = [...answer.matchAll(/<<([^=<>]+)=[^<>]*>>/g)].at(-1)?.[1]
    // Some rows count something after the last computed step, or round it.
    const computes = last !== undefined && /^[\d.+\-*/() ]+$/.test(last)
    yield {
      id: `gsm8k-${row}`,
      task: `${question}\n\nAnswer with the number alone.`,
      expected,
      tags: ['arithmetic'],
      solution: {
        code: computes
          ? `const last = ${last}\nreturn Math.abs(last - ${expected}) < 1e-6 ? last : ${expected}`
          : `return ${expected}`,
        calls: [],
        answer: expected,
      },
    }
    row += 1
  }
}
