import type { Program, Statement } from 'acorn'
import { collectNames } from './collect-names.ts'
import { guardCatches } from './guard-catches.ts'
import { markLastValue } from './last-value.ts'
import { makeGlobal } from './make-global.ts'
import { parseStep } from './parse-step.ts'
import { type RenderedSource, SourceEdit } from './source-edit.ts'
import { StepSyntaxError } from './step-syntax-error.ts'

export interface RewrittenStep {
  /** A script that declares the step's new `let` and `var`; undefined where there are none. Its value is their getters. */
  declarations?: string
  /** A script whose value is an async function: the step. */
  body: RenderedSource
  /** Names that the step declares with `let` and `var`, and the others. */
  variables: string[]
  constants: string[]
  /** Packages that the code names in `import` and `import()`. */
  imports: string[]
  /** The source as the body's offsets mean it: the agent's own, or with types blanked out. */
  source: string
}

/**
 * Makes a step's code run so that the world lasts: top-level declarations become assignments to names
 * that later steps (and functions of earlier ones) share, the last statement's value
 * becomes the step's, `catch` lets a final answer pass, `import` asks for granted packages.
 *
 * `const`, functions, classes and imports become properties of the global object: V8 takes those that
 * are set once for constants and inlines them. `let` and `var` become script variables, which it
 * changes in place.
 *
 * @param known `let` and `var` variables that earlier steps have made
 * @param reserved names that cannot be declared: tools, and the sandbox's own
 * @throws StepSyntaxError
 */
export function rewriteStep(
  code: string,
  known: ReadonlySet<string>,
  reserved: ReadonlySet<string>,
): RewrittenStep {
  const { program, source } = parseStep(code)
  const found = collectNames(program)
  for (const [name, offset] of found.names) {
    if (reserved.has(name)) {
      throw new StepSyntaxError(
        `\`${name}\` is already defined here and cannot be declared; choose another name`,
        source,
        offset,
      )
    }
  }
  const edit = new SourceEdit(source)
  const value = unusedName('value', source)
  guardCatches(edit, program)
  markLastValue(edit, program, value)
  const { hoisted, imports } = makeGlobal(edit, program, found.local)
  const step: RewrittenStep = {
    body: edit.render([
      `(async()=>{let ${value};`,
      ...hoisted.flatMap((one) => [{ start: one.start, end: one.end }, ';']),
      ...imports.flatMap((range) => [range, ';']),
      ...remaining(program, [...hoisted, ...imports], source.length),
      `\n;return {__proto__:null,value:${value}}})`,
    ]),
    variables: [...found.variables],
    constants: [...found.names.keys()].filter((name) => !found.variables.has(name)),
    imports: found.imports,
    source,
  }
  const made = step.variables.filter((name) => !known.has(name))
  if (made.length > 0) {
    step.declarations = `let ${made.join(',')};({__proto__:null,${made.map((name) => `${name}:()=>${name}`).join(',')}})`
  }
  return step
}

function unusedName(stem: string, source: string): string {
  let name = `$${stem}`
  while (source.includes(name)) name = `$${name}`
  return name
}

/** The program without the ranges that were moved to its start. */
function remaining(
  program: Program,
  moved: { start: number; end: number }[],
  end: number,
): (string | { start: number; end: number })[] {
  const ranges: (string | { start: number; end: number })[] = []
  let at = 0
  for (const statement of program.body as Statement[]) {
    if (!moved.some((range) => range.start === statement.start || range.end === statement.end)) continue
    ranges.push({ start: at, end: statement.start }, ';')
    at = statement.end
  }
  ranges.push({ start: at, end })
  return ranges
}
