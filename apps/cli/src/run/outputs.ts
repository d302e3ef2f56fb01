import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Bus, type RunDetails, readArtifact } from '@bailiwick/bus'
import { BailiwickError, errorText, hasCode } from '@bailiwick/contract'
import { freeName, nameKey } from './free-name.ts'
import { OWN_FILES } from './out-folder.ts'
import { type FileContent, replaceFile } from './replace-file.ts'

/**
 * Writes the result of a run to a folder that `openOutFolder` has checked: `report.md` (the answer), `run.json` (all
 * details of the run), and every artifact under its name. Replaces files and links of these names; follows no link.
 *
 * @returns the names of the files
 * @throws BailiwickError `incomplete` that names the artifacts that are missing, after everything else is written
 */
export async function writeOutputs(bus: Bus, details: RunDetails, folder: string): Promise<string[]> {
  const written: string[] = []
  const problems: string[] = []
  let away: BailiwickError | undefined
  const write = async (name: string, content: FileContent) => {
    await replaceFile(join(folder, name), content)
    written.push(name)
  }
  const answer = details.result?.answer
  if (answer !== undefined) await write('report.md', `${answerText(answer).trimEnd()}\n`)
  // Before the artifacts, so that it exists even if one of them cannot be read.
  await write('run.json', `${JSON.stringify(details, undefined, 2)}\n`)
  const folders = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isDirectory())
  const taken = new Set([...OWN_FILES, ...folders.map(({ name }) => name)].map(nameKey))
  for (const artifact of details.result?.artifacts ?? []) {
    const name = freeName(artifact.name, taken)
    try {
      // Waiting for the toolbox again and again would take half a minute for each file.
      if (away !== undefined) throw away
      await write(name, readArtifact(bus, artifact))
    } catch (error) {
      if (hasCode(error, 'no-toolbox')) away = error
      problems.push(`${name}: ${errorText(error)}`)
    }
  }
  if (problems.length === 0) return written
  throw new BailiwickError(
    'incomplete',
    `Expected all files of run ${details.run}, ${problems.length} are missing in ${folder}:\n${problems.join('\n')}`,
  )
}

/** Formats an answer: text stays as it is, anything else becomes JSON in a code block. */
export function answerText(answer: unknown): string {
  return typeof answer === 'string' ? answer : `\`\`\`json\n${JSON.stringify(answer, undefined, 2)}\n\`\`\``
}
