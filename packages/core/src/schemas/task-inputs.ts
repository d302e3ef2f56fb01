import { artifactRefSchema, checkInputName, formatBytes, type TaskInput } from '@bailiwick/contract'
import { describeInput, fileOf } from '../inputs/describe-input.ts'

/**
 * Inputs by name, of a task in this process: `{ text, mediaType }` and `{ bytes, mediaType }` are files in memory, all
 * others are values.
 *
 * @throws InputError for a name that code cannot use
 */
export function taskInputs(given: Record<string, unknown>): TaskInput[] {
  return Object.entries(given).map(([name, value]) => {
    checkInputName(name)
    const file = fileOf(value)
    const description = describeInput(name, value)
    if (file === undefined) return { name, value, description }
    const { mediaType, text, bytes = new Uint8Array() } = file
    return {
      name,
      file: {
        mediaType,
        ...(text === undefined ? { base64: Buffer.from(bytes).toString('base64') } : { text }),
      },
      description,
    }
  })
}

/**
 * Inputs by name, of a task on the bus: a reference to a stored file, such as a tool returns it, is a file, all others
 * are values.
 *
 * @throws InputError for a name that code cannot use
 */
export function storedInputs(given: Record<string, unknown>): TaskInput[] {
  return Object.entries(given).map(([name, value]) => {
    checkInputName(name)
    return stored(name, value) ?? { name, value, description: describeInput(name, value) }
  })
}

function stored(name: string, value: unknown): TaskInput | undefined {
  const parsed = artifactRefSchema.safeParse(value)
  if (!parsed.success) return undefined
  const { name: file, mediaType, size } = parsed.data
  return { name, artifact: parsed.data, description: `${name}: ${file}, ${mediaType}, ${formatBytes(size)}` }
}
