import { readFile } from 'node:fs/promises'
import { relative, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import {
  type CallContext,
  DefinitionError,
  effectSchema,
  functionNameSchema,
  InputError,
  type Tool,
} from '@bailiwick/contract'
import { z } from 'zod'
import { declaredTypes } from './declared-types.ts'
import { type FoundFunction, findFunctions } from './find-functions.ts'
import { readSignature } from './signature.ts'
import { fail, parseSource, type Source } from './source.ts'
import { typeSchema } from './type-schema.ts'

/**
 * Makes tools of the functions that a TypeScript or JavaScript file exports. Types (in JavaScript those in
 * doc comments) become JSON Schemas; the doc comment becomes the description; `@param` and comments on
 * members describe arguments; `@effect none`, `idempotent` or `once` says what calling twice does
 * (default `once`); `@internal` leaves a function out. A last parameter of type `CallContext` is given the
 * call's context. The file is imported by Node itself.
 *
 * @throws DefinitionError with file and line for what cannot be expressed; InputError for no such file.
 * @example
 * // tools.ts
 * // /** Inhabitants of a country, in millions. @effect none *\/
 * // export async function population(country: string): Promise<number> { … }
 * const tools = await toolsFromModule('tools.ts')
 */
export async function toolsFromModule(file: string | URL): Promise<Tool[]> {
  const path = resolve(file instanceof URL ? fileURLToPath(file) : file)
  const source = parseSource(relative(process.cwd(), path), await readSource(path))
  const functions = findFunctions(source)
  const cards = functions.map((found) => describeFunction(found, source))
  const loaded = await load(path)
  return cards.map(({ spread, ...card }) => {
    const call = loaded[card.name]
    if (typeof call !== 'function')
      throw new DefinitionError(`${path} does not export ${card.name} as a function`)
    const schema = z.fromJSONSchema(card.input as Parameters<typeof z.fromJSONSchema>[0])
    return Object.freeze({
      ...card,
      async run(input: unknown, context: CallContext) {
        const parsed = schema.safeParse(input)
        if (!parsed.success) throw new InputError(`${card.name}: ${z.prettifyError(parsed.error)}`)
        return call(...spread(parsed.data as Record<string, unknown>, context))
      },
    })
  })
}

function describeFunction(found: FoundFunction, source: Source) {
  const { name, node, doc } = found
  if (!functionNameSchema.safeParse(name).success) fail(source, node, `${name} is no name for a tool`)
  const effect = effectSchema.default('once').safeParse(doc.effect)
  if (!effect.success) fail(source, node, `${name}: @effect ${doc.effect}: wanted none, idempotent or once`)
  const scope = { source, types: declaredTypes(source), within: [], read: typeSchema, what: name }
  return { name, description: doc.text, effect: effect.data, ...readSignature(found, scope) }
}

async function readSource(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new InputError(`cannot read the tools in ${path}: ${reason}`, { cause: error })
  }
}

async function load(path: string): Promise<Record<string, unknown>> {
  try {
    return await import(pathToFileURL(path).href)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new DefinitionError(`${path} cannot be loaded: ${reason}`, { cause: error })
  }
}
