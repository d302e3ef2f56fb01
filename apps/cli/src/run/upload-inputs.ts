import { askerOn, type Bus, putArtifact } from '@bailiwick/bus'
import type { TaskInput } from '@bailiwick/contract'
import { formatBytes } from '@bailiwick/contract'
import { describeInput } from '@bailiwick/core/inputs'
import { type InputFile, isText } from './read-inputs.ts'

/** Keeps the files as artifacts of the run and says what a prompt says of them: no path crosses the bus. */
export function uploadInputs(bus: Bus, run: string, files: readonly InputFile[]): Promise<TaskInput[]> {
  return Promise.all(
    files.map(async (input) => {
      const { name, file, mediaType, bytes: content } = input
      const artifact = await putArtifact(bus, {
        writer: askerOn(bus),
        key: `${run}/${name}`,
        name: file,
        mediaType,
        bytes: content,
      })
      return { name, artifact, description: describe(input) }
    }),
  )
}

function describe(input: InputFile): string {
  const { name, mediaType, bytes: content } = input
  if (isText(input)) return describeInput(name, new TextDecoder().decode(content))
  return `${name}: ${mediaType}, ${formatBytes(content.length)}`
}
