import { rm } from 'node:fs/promises'
import { extname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeTemporaryFolder } from '@bailiwick/contract/temporary-folder'
import { detectModel } from '@bailiwick/models'
import type { CommandContext } from '../command/define-command.ts'
import { findInputFile } from '../run/inputs.ts'
import { openOutFolder } from '../run/out-folder.ts'
import { runTask } from '../run/run-task.ts'
import { type Sabotage, sabotage } from './sabotage.ts'

const QUESTION =
  'How did the seasons differ from year to year, and was any month out of line? Write a one-page report with a chart.'

const PREPARED_REPLIES =
  'No model found: using prepared replies. Plan checks, processes, sandbox, tools, bus and figures are real.'

export interface DemoOptions {
  out: string | undefined
  sabotage: boolean
  data: string | undefined
}

/** Path of a file in this package's demo folder. */
const demoFile = (name: string) => fileURLToPath(new URL(`../../demo/${name}`, import.meta.url))

/** Runs the demo with its own daemon, in a temporary folder. @returns the exit code */
export async function runDemo(context: CommandContext<object, DemoOptions>): Promise<number> {
  const { cwd, options, note } = context
  const out = await openOutFolder(options.out ?? 'out', cwd)
  const data = options.data ?? demoFile('seattle-weather.csv')
  const files = [await findInputFile('weather', resolve(cwd, data), '--data')]
  const env = { ...context.env }
  const found = await detectModel(env)
  if (found === undefined) {
    note(PREPARED_REPLIES)
    env.BAILIWICK_MODEL = `scripted:${demoFile('replies.json')}`
  } else {
    note(`Using model ${found.name} (from ${found.source}).`)
  }
  const dataDir = await makeTemporaryFolder('bailiwick-demo-')
  const finished = new AbortController()
  const saboteur = options.sabotage ? sabotage(dataDir, note, finished.signal) : undefined
  // If it fails before the run ends, report that after the run.
  saboteur?.catch(() => {})
  try {
    const config = join(import.meta.dirname, `demo-config${extname(import.meta.filename)}`)
    const code = await runTask(
      context,
      { dataDir, config, cwd, env },
      { text: QUESTION, files, strategy: 'plan', out },
    )
    if (saboteur !== undefined) reportSabotage(await saboteur, note)
    return code
  } finally {
    finished.abort()
    await rm(dataDir, { recursive: true, force: true })
  }
}

function reportSabotage({ killed, effects }: Sabotage, note: (line: string) => void): void {
  const { calls, outcomes } = effects
  note(`sabotage: ${killed.length} processes killed (${killed.join(', ')})`)
  note(
    `sabotage: ${numbered(calls, 'call')} with an effect, ${numbered(outcomes, 'outcome')}${calls === outcomes ? ': each ran once' : ''}`,
  )
}

function numbered(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}
