import { createHash } from 'node:crypto'
import {
  encodeValue,
  InputError,
  isReservedName,
  nameTaken,
  RESULTS,
  type SandboxLimits,
  type World,
} from '@bailiwick/contract/world'
import type { OpenWorld } from '../child/open-world.ts'

const NAME = /^[A-Za-z_$][\w$]*$/

/** What a box is told of its world. @throws InputError for names that cannot be variables, or are taken */
export function openingWorld({ inputs, functions }: World, limits: SandboxLimits): OpenWorld {
  for (const name of [...Object.keys(inputs), ...functions.map((one) => one.name)]) {
    if (!NAME.test(name))
      throw new InputError(`an input or function must be named like a variable; "${name}" is not`)
  }
  const taken = new Set(functions.map(({ name }) => name))
  for (const name of Object.keys(inputs)) {
    if ((isReservedName(name) && name !== RESULTS) || taken.has(name)) throw nameTaken(name)
  }
  return {
    inputs: Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, encodeValue(value)])),
    functions: functions.map(({ name, input, access }) => ({
      name,
      ...(access && { access }),
      required: textList(input.required),
      properties: Object.keys((input.properties as object | undefined) ?? {}),
    })),
    clock: 0,
    limits: { ...limits },
  }
}

/** Digest of an engine and of all that a world begins with: its seed is each step's. */
export function fitsOf(engine: string, world: OpenWorld | undefined): string {
  return createHash('sha256').update(engine).update(JSON.stringify(world)).digest('base64url')
}

function textList(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}
