import type { Program } from 'acorn'
import { checkNames } from './check-names.ts'
import { collectNames } from './collect-names.ts'
import { guardCatches } from './guard-catches.ts'
import { markLastValue } from './last-value.ts'
import { makeGlobal } from './make-global.ts'
import { parseStep } from './parse-step.ts'
import { scopeFunctions } from './scope-functions.ts'
import { type RenderedSource, SourceEdit } from './source-edit.ts'
import { marked } from './source-marks.ts'
import { StepSyntaxError } from './step-syntax-error.ts'
import { walk } from './walk.ts'

/** The code of a step, ready to run. */
export interface RewrittenStep {
  /** A script that declares the step's new `let` and `var` variables and evaluates to their getters. Undefined without any. */
  declarations?: string
  /** A script that evaluates to an async function, which runs the step. */
  body: RenderedSource
  /** Names that the step declares with `let` and `var`. */
  variables: string[]
  /** All other names that the step declares. */
  constants: string[]
  /** Packages that the code names in `import` and `import()`. */
  imports: string[]
  /** The source that the body's offsets refer to: the agent's own, or with types blanked out. */
  source: string
}

/**
 * Rewrites a step's code so that its names outlast the step. Top-level declarations become assignments to names that
 * later steps, and functions of earlier steps, share. The value of the last statement becomes the value of the step,
 * `catch` rethrows a final answer, and `import` asks for granted packages.
 *
 * `const`, functions, classes and imports become properties of the global object, because V8 treats properties that are
 * set once as constants and inlines them. `let` and `var` become script variables, which V8 changes in place.
 *
 * @param known `let` and `var` variables of earlier steps
 * @param reserved names that code cannot declare: tools, and the sandbox's own
 * @throws StepSyntaxError
 */
export function rewriteStep(
  code: string,
  known: ReadonlySet<string>,
  reserved: ReadonlySet<string>,
): RewrittenStep {
  const { program, source } = parseStep(code)
  const found = collectNames(program)
  checkNames(found, reserved, source)
  const unused = (name: string): string => (found.identifiers.has(name) ? unused(`$${name}`) : name)
  const edit = new SourceEdit(source)
  // The first line `#!…` is a comment only at the very start of a script.
  if (source.startsWith('#!')) edit.replace(0, 2, '//')
  const value = unused('$value')
  guardCatches(edit, program, unused('$caught'))
  scopeFunctions(edit, program)
  replaceImports(edit, program)
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

/** Makes every `import()` ask the sandbox, also inside functions. @throws StepSyntaxError for `import.meta` */
function replaceImports(edit: SourceEdit, program: Program): void {
  walk(program, (node) => {
    if (node.type === 'ImportExpression')
      edit.replace(node.start, node.start + 'import'.length, marked('import', '$bailiwick.import'))
    if (node.type === 'MetaProperty' && node.meta.name === 'import') {
      throw new StepSyntaxError(
        '`import.meta` is not available here: a step is not a module',
        edit.source,
        node.start,
      )
    }
    return undefined
  })
}

/** The ranges of the program that were not moved to its start. */
function remaining(
  program: Program,
  moved: { start: number; end: number }[],
  end: number,
): (string | { start: number; end: number })[] {
  const ranges: (string | { start: number; end: number })[] = []
  let at = 0
  for (const statement of program.body) {
    if (!moved.some((range) => range.start === statement.start || range.end === statement.end)) continue
    ranges.push({ start: at, end: statement.start }, ';')
    at = statement.end
  }
  ranges.push({ start: at, end })
  return ranges
}
