import { readFile } from 'node:fs/promises'
import { relative, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import {
  type CallContext,
  DefinitionError,
  effectSchema,
  errorText,
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
 * Turns the exported functions of a TypeScript or JavaScript file into tools. Types (in JavaScript, those in doc
 * comments) become JSON Schemas, and the doc comment becomes the description. `@param` and comments on members describe
 * arguments. `@effect none`, `idempotent` or `once` (the default) says what a second call does. `@internal` skips a
 * function. A last parameter of type `CallContext` receives the call's context. Node imports the file.
 *
 * @throws DefinitionError with file and line for a type that JSON Schema cannot express; InputError for a missing file
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
      throw new DefinitionError(`expected ${path} to export the function ${card.name}, found none`)
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
  if (!functionNameSchema.safeParse(name).success)
    fail(source, node, `${name} is not a valid name for a tool`)
  const effect = effectSchema.default('once').safeParse(doc.effect)
  if (!effect.success)
    fail(source, node, `${name}: expected @effect none, idempotent or once, found ${doc.effect}`)
  const scope = { source, types: declaredTypes(source), within: [], read: typeSchema, what: name }
  return { name, description: doc.text, effect: effect.data, ...readSignature(found, scope) }
}

async function readSource(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new InputError(`cannot read the tools in ${path}: ${errorText(error)}`, { cause: error })
  }
}

async function load(path: string): Promise<Record<string, unknown>> {
  try {
    return await import(pathToFileURL(path).href)
  } catch (error) {
    throw new DefinitionError(`${path} cannot be loaded: ${errorText(error)}`, { cause: error })
  }
}
