import { writeFile } from 'node:fs/promises'
import { basename, extname, join } from 'node:path'
import { type Bus, getArtifact, type RunDetails } from '@bailiwick/bus'
import type { ArtifactRef } from '@bailiwick/contract'

/**
 * Writes the result of a run to an existing folder: `report.md` (the answer), every artifact under its name, and
 * `run.json` (all details of the run).
 *
 * @returns the names of the files
 */
export async function writeOutputs(bus: Bus, details: RunDetails, folder: string): Promise<string[]> {
  const written: string[] = []
  const write = async (name: string, content: string | Uint8Array) => {
    await writeFile(join(folder, name), content)
    written.push(name)
  }
  const answer = details.result?.answer
  if (answer !== undefined) await write('report.md', `${answerText(answer).trimEnd()}\n`)
  const taken = new Set(['report.md', 'run.json'])
  for (const artifact of details.result?.artifacts ?? []) {
    await write(freeName(artifact, taken), await getArtifact(bus, artifact))
  }
  await write('run.json', `${JSON.stringify(details, undefined, 2)}\n`)
  return written
}

/** Formats an answer: text stays as it is, anything else becomes JSON in a code block. */
export function answerText(answer: unknown): string {
  return typeof answer === 'string' ? answer : `\`\`\`json\n${JSON.stringify(answer, undefined, 2)}\n\`\`\``
}

/** Returns an unused file name for an artifact. Drops folders, because an agent chose the name. */
function freeName({ name }: ArtifactRef, taken: Set<string>): string {
  const plain = basename(name.replaceAll('\\', '/')) || 'artifact'
  const extension = extname(plain)
  const stem = plain.slice(0, plain.length - extension.length)
  let free = plain
  for (let n = 2; taken.has(free); n += 1) free = `${stem}-${n}${extension}`
  taken.add(free)
  return free
}
