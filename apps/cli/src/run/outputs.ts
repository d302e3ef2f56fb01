import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Bus, type RunDetails, readArtifact, requestRun } from '@bailiwick/bus'
import { type ArtifactRef, BailiwickError, errorText, hasCode } from '@bailiwick/contract'
import { readableAnswer, reportWithSources } from '@bailiwick/core'
import { freeName, nameKey } from './free-name.ts'
import { CODE_FOLDER, OWN_FILES } from './out-folder.ts'
import { type FileContent, replaceByFolder, replaceFile } from './replace-file.ts'
import { readCode, type TaskCode } from './task-code.ts'
import { TransferProgress } from './transfer-progress.ts'

/**
 * Writes the result of a run to a folder that `openOutFolder` has checked: `report.md` (the answer, with the task of each
 * figure), `answer.json` (its data), `code/<task>.js` (the code of each task), `run.json` (all details of the run), and
 * every artifact under its name. Replaces files and links of these names; follows no link.
 *
 * @param note gets the progress every two seconds
 * @returns the names of the files
 * @throws BailiwickError `incomplete` that names the artifacts that are missing, after everything else is written
 */
export async function writeOutputs(
  bus: Bus,
  details: RunDetails,
  folder: string,
  note: (line: string) => void,
): Promise<string[]> {
  const written: string[] = []
  const problems: string[] = []
  let away: BailiwickError | undefined
  const write = async (name: string, content: FileContent) => {
    await replaceFile(join(folder, name), content)
    written.push(name)
  }
  const code = await readCode(bus, details)
  const answer = details.result?.answer
  if (answer !== undefined) {
    const { text, data } = readableAnswer(answer)
    const report = (await sourcedReport(bus, details, code)) ?? text
    await write('report.md', `${report.trimEnd()}\n`)
    if (data !== undefined) await write('answer.json', `${JSON.stringify(data, undefined, 2)}\n`)
  }
  // Before the artifacts, so that it exists even if one of them cannot be read.
  await write('run.json', `${JSON.stringify(details, undefined, 2)}\n`)
  if (code.size > 0) await replaceByFolder(join(folder, CODE_FOLDER))
  for (const [file, content] of code.values()) await write(`${CODE_FOLDER}/${file}`, content)
  const folders = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isDirectory())
  const taken = new Set([...OWN_FILES, CODE_FOLDER, ...folders.map(({ name }) => name)].map(nameKey))
  const artifacts = details.result?.artifacts ?? []
  using progress = new TransferProgress(
    { note, isTerminal: false, status: () => {} },
    'Downloading',
    artifacts,
  )
  let done = 0
  async function* download(artifact: ArtifactRef) {
    for await (const chunk of readArtifact(bus, artifact)) {
      done += chunk.length
      progress.update(done)
      yield chunk
    }
  }
  for (const artifact of artifacts) {
    const name = freeName(artifact.name, taken)
    try {
      // Waiting for the toolbox again and again would take half a minute for each file.
      if (away !== undefined) throw away
      await write(name, download(artifact))
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

/** The report with the task of each figure. Undefined if no writer wrote it by references. */
async function sourcedReport(bus: Bus, details: RunDetails, code: TaskCode): Promise<string | undefined> {
  const written = details.tasks.findLast(({ name, status }) => name === 'answer' && status === 'completed')
  if (written === undefined) return undefined
  const { records } = await requestRun(bus, 'journal', { run: details.run, task: written.task })
  return reportWithSources(records, (task) => {
    const [file] = code.get(task) ?? []
    return file && `${CODE_FOLDER}/${file}`
  })
}
