import { writeFile } from 'node:fs/promises'
import { basename, extname, join } from 'node:path'
import { type Bus, getArtifact, type RunDetails } from '@bailiwick/bus'
import type { ArtifactRef } from '@bailiwick/contract'

/**
 * Writes what a run gave into a folder that is there: `report.md` (the answer), every artifact under its name, and
 * `run.json` (the whole view of the run).
 *
 * @returns the files' names
 */
export async function writeOutputs(bus: Bus, view: RunDetails, folder: string): Promise<string[]> {
  const written: string[] = []
  const write = async (name: string, content: string | Uint8Array) => {
    await writeFile(join(folder, name), content)
    written.push(name)
  }
  const answer = view.result?.answer
  if (answer !== undefined) await write('report.md', `${answerText(answer).trimEnd()}\n`)
  const taken = new Set(['report.md', 'run.json'])
  for (const artifact of view.result?.artifacts ?? []) {
    await write(freeName(artifact, taken), await getArtifact(bus, artifact))
  }
  await write('run.json', `${JSON.stringify(view, undefined, 2)}\n`)
  return written
}

/** An answer for people: text as it is, anything else as JSON in a code block. */
export function answerText(answer: unknown): string {
  return typeof answer === 'string' ? answer : `\`\`\`json\n${JSON.stringify(answer, undefined, 2)}\n\`\`\``
}

/** The artifact's name without folders (a name comes from an agent), and unlike any other. */
function freeName({ name }: ArtifactRef, taken: Set<string>): string {
  const plain = basename(name.replaceAll('\\', '/')) || 'artifact'
  const extension = extname(plain)
  const stem = plain.slice(0, plain.length - extension.length)
  let free = plain
  for (let n = 2; taken.has(free); n += 1) free = `${stem}-${n}${extension}`
  taken.add(free)
  return free
}
