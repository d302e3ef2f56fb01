import type { Json, JsonSchema } from '@bailiwick/contract'
import { z } from 'zod'

const json = z.custom<Json>((value) => value !== undefined, 'expected a JSON value')
const jsonObject = z.custom<JsonSchema>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'expected a JSON Schema object',
)
/** A dotted path into the answer, such as `total` or `rows.0.name`, and the value that is expected there. */
const part = { at: z.string().optional(), expected: json.optional() }

const checkSchema = z.discriminatedUnion('kind', [
  /** The same value. Texts are compared without surrounding or repeated blanks. */
  z.strictObject({ kind: z.literal('exact'), ...part, ignoreCase: z.boolean().optional() }),
  /** A number, or a text with one. Without `tolerance`, it may differ by a billionth. */
  z.strictObject({
    kind: z.literal('number'),
    ...part,
    tolerance: z.number().nonnegative().optional(),
    /** A share of the expected number that the answer may differ by: 0.01 is 1%. */
    relative: z.number().nonnegative().optional(),
  }),
  /** The same items in any order. `tolerance` applies to numbers among them. */
  z.strictObject({
    kind: z.literal('set'),
    ...part,
    ignoreCase: z.boolean().optional(),
    tolerance: z.number().nonnegative().optional(),
  }),
  /** A value that fits a JSON Schema. */
  z.strictObject({ kind: z.literal('schema'), at: z.string().optional(), schema: jsonObject }),
  /** Source code that passes tests: it runs in the sandbox, followed by `tests`, and must not throw. */
  z.strictObject({
    kind: z.literal('tests'),
    at: z.string().optional(),
    /** The body of a function that runs after the answer. Its `console.assert` throws if the condition is false. */
    tests: z.string(),
    /** Runs before an answer that does not contain `name`. */
    prefix: z.string().optional(),
    /** What the answer has to declare. */
    name: z.string().optional(),
    /** CPU time for code and tests. Default 5,000. */
    timeoutMs: z.number().int().positive().optional(),
  }),
  /** The calls that the agent made, in any order: for each function, the accepted values of each argument. */
  z.strictObject({
    kind: z.literal('calls'),
    calls: z.array(
      z.strictObject({
        name: z.string(),
        /** Accepted values by argument. The empty text among them means that the argument may be absent. */
        arguments: z.record(z.string(), z.array(json)),
      }),
    ),
  }),
])

/** How an answer is checked, as data. */
export type Check = z.infer<typeof checkSchema>
/** Checks an answer in code. Returns undefined if it is right, else why it is not. */
export type CheckFunction = (answer: unknown) => string | undefined | Promise<string | undefined>

const fileInput = z.strictObject({
  /** Path of the file, from the folder of the dataset. */
  file: z.string().min(1),
  mediaType: z.string().optional(),
})
const inlineFile = z.strictObject({ text: z.string(), mediaType: z.string() })
const inputSchema = z.union(
  [
    fileInput,
    inlineFile,
    z.strictObject({ value: json }),
    z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(json)]),
  ],
  {
    error:
      'expected { "file": "path" }, { "text": …, "mediaType": … }, { "value": … }, or a value that is no object',
  },
)

const callSchema = z.strictObject({ name: z.string(), arguments: z.record(z.string(), json) })

/** How the oracle solves a case. Nothing else reads it. */
const solutionSchema = z.strictObject({
  /** Body of an async function that returns the answer: for level 5. */
  code: z.string().optional(),
  /** Rounds of calls, for levels 2 to 4. */
  calls: z.array(z.array(callSchema)).optional(),
  /** The answer after the calls. A text `$0.rows[0].total` is replaced by that part of the first result. */
  answer: json.optional(),
})
export type Solution = z.infer<typeof solutionSchema>

/** One task of a dataset. */
export const caseSchema = z.strictObject({
  /** Unique in the dataset. */
  id: z.string().min(1).max(200),
  /** The task in words. */
  task: z.string().min(1),
  inputs: z
    .record(z.string(), inputSchema)
    .refine((inputs) => Object.keys(inputs).every((name) => /^[A-Za-z_$][\w$]*$/.test(name)), {
      error: 'expected names that code can use as variables',
    })
    .optional(),
  /** The right answer. The task's process never gets it. */
  expected: json.optional(),
  /** Default: `number` if a number is expected, else `exact`. */
  checks: z
    .array(z.union([checkSchema, z.custom<CheckFunction>((value) => typeof value === 'function')]))
    .optional(),
  tags: z.array(z.string().min(1)).optional(),
  /** JSON Schema of the answer. */
  output: jsonObject.optional(),
  /** Tools of the case that do nothing: what matters is how they are called. */
  tools: z
    .array(z.strictObject({ name: z.string(), description: z.string().min(1), input: jsonObject }))
    .optional(),
  solution: solutionSchema.optional(),
})
export type Case = z.infer<typeof caseSchema>

/** Whether an input is a file of the dataset. */
export function isFileInput(input: unknown): input is z.infer<typeof fileInput> {
  return typeof input === 'object' && input !== null && 'file' in input
}

/** The checks of a case. A dataset that is open has checked that there is something to check. */
export function checksOf({ checks, expected }: Case): readonly (Check | CheckFunction)[] {
  if (checks !== undefined && checks.length > 0) return checks
  return [{ kind: typeof expected === 'number' ? 'number' : 'exact' }]
}
