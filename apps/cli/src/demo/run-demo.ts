import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { extname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { detectModel } from '@bailiwick/models'
import type { CommandContext } from '../command/define-command.ts'
import { readFileAs } from '../run/read-inputs.ts'
import { runTask } from '../run/run-task.ts'
import { type Sabotage, sabotage } from './sabotage.ts'

const QUESTION =
  'How did the seasons differ from year to year, and was any month out of line? Write a one-page report with a chart.'

const PRE_WRITTEN =
  "no model found: the agents' replies are pre-written; planning check, processes, sandbox, tools, bus and figures are live."

export interface DemoOptions {
  out: string | undefined
  sabotage: boolean
  data: string | undefined
}

/** Files of the demo, beside this package's sources. */
const demoFile = (name: string) => fileURLToPath(new URL(`../../demo/${name}`, import.meta.url))

/** Runs the demo on a daemon of its own, in a folder that is gone afterwards. @returns the exit code */
export async function runDemo(context: CommandContext<object, DemoOptions>): Promise<number> {
  const { cwd, options, note } = context
  const out = resolve(cwd, options.out ?? 'out')
  const data = options.data ?? demoFile('seattle-weather.csv')
  const files = [await readFileAs('weather', resolve(cwd, data), `--data ${data}`)]
  const env = { ...context.env }
  const found = await detectModel(env)
  if (found === undefined) {
    note(PRE_WRITTEN)
    env.BAILIWICK_MODEL = `scripted:${demoFile('replies.json')}`
  } else {
    note(`model: ${found.name} (from ${found.source})`)
  }
  const dataDir = await mkdtemp(join(tmpdir(), 'bailiwick-demo-'))
  const over = new AbortController()
  const saboteur = options.sabotage ? sabotage(dataDir, note, over.signal) : undefined
  // It may end before the run does, and is heard of after it.
  saboteur?.catch(() => {})
  try {
    const config = join(import.meta.dirname, `demo-config${extname(import.meta.filename)}`)
    const code = await runTask(
      context,
      { dataDir, config, cwd, env },
      { text: QUESTION, files, strategy: 'plan', out },
    )
    if (saboteur !== undefined) tellSabotage(await saboteur, note)
    return code
  } finally {
    over.abort()
    await rm(dataDir, { recursive: true, force: true })
  }
}

function tellSabotage({ killed, effects }: Sabotage, note: (line: string) => void): void {
  const { calls, outcomes } = effects
  note(`sabotage: ${killed.length} processes killed (${killed.join(', ')})`)
  note(
    `sabotage: ${numbered(calls, 'call')} with an effect, ${numbered(outcomes, 'outcome')}${calls === outcomes ? ': each once' : ''}`,
  )
}

function numbered(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}
