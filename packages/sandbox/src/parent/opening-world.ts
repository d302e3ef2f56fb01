import { createHash } from 'node:crypto'
import {
  InputError,
  isReservedName,
  nameTaken,
  RESULTS,
  type SandboxLimits,
  type World,
} from '@bailiwick/contract/world'
import type { OpenWorld } from '../frames/frame.ts'
import { encodeInPieces } from '../values/encode-in-pieces.ts'
import { inSlices } from '../values/in-slices.ts'

const NAME = /^[A-Za-z_$][\w$]*$/

/** Describes a world to its box. @throws InputError if a name cannot be a variable or is already used */
export async function openingWorld(
  { inputs, files = {}, functions }: World,
  limits: SandboxLimits,
): Promise<OpenWorld> {
  for (const name of [...Object.keys(inputs), ...Object.keys(files), ...functions.map((one) => one.name)]) {
    if (!NAME.test(name))
      throw new InputError(
        `Expected the name of an input or function to be a valid variable name, found "${name}".`,
      )
  }
  const taken = new Set(functions.map(({ name }) => name))
  for (const name of [...Object.keys(inputs), ...Object.keys(files)]) {
    if ((isReservedName(name) && name !== RESULTS) || taken.has(name)) throw nameTaken(name)
  }
  const encoded: Record<string, string> = {}
  for (const [name, value] of Object.entries(inputs)) {
    encoded[name] = await inSlices(encodeInPieces(value, Number.POSITIVE_INFINITY))
  }
  return {
    inputs: encoded,
    ...(Object.keys(files).length > 0 && { files }),
    functions: functions.map(({ name, input, access }) => ({
      name,
      ...(access !== undefined && { access }),
      required: textList(input.required),
      properties: Object.keys((input.properties as object | undefined) ?? {}),
    })),
    clock: 0,
    limits: { ...limits },
  }
}

/** Digest of an engine and of a world before its first step. It leaves out the seed, which belongs to each step. */
export function fitsOf(engine: string, world: OpenWorld | undefined): string {
  return createHash('sha256').update(engine).update(JSON.stringify(world)).digest('base64url')
}

function textList(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}
