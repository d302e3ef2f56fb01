import { functionName, nearestNames } from '@bailiwick/contract'
import type { TaskWorld } from '../journal/task-world.ts'
import { fileIsNoVariable, shownFiles } from './file-use.ts'
import { LEVEL_TABLE } from './level-table.ts'

/**
 * What a name that is no variable or function means in this task, and how to use it: an input, a result, a tool, an
 * agent or a package. Also for names that are spelt in another way.
 *
 * @returns undefined if the name means nothing
 * @example
 * explainName(state, 'writer') // '`writer` is an agent of the team that this task may not start: …'
 */
export function explainName(state: Pick<TaskWorld, 'chapters' | 'spec'>, wrong: string): string | undefined {
  const meanings = meaningsOf(state)
  const exact = meanings.get(wrong)
  if (exact !== undefined) return exact
  const [near] = nearestNames(wrong, [...meanings.keys()])
  return near === undefined ? undefined : meanings.get(near)
}

/** Names of the task and what they mean. The first meaning of a name counts. */
function meaningsOf({ chapters, spec }: Pick<TaskWorld, 'chapters' | 'spec'>): Map<string, string> {
  const { tools, delegates, imports, missing = [], others = { tools: [], agents: [] }, level } = spec.grant
  const isCode = LEVEL_TABLE[level].action === 'code'
  const meanings = new Map<string, string>()
  const add = (name: string, meaning: string) => {
    if (!meanings.has(name)) meanings.set(name, meaning)
  }
  const call = (name: string, args: string) => (isCode ? `await ${name}({ ${args} })` : name)
  for (const { spec: chapter } of chapters.toReversed()) {
    for (const { name, artifact, file } of chapter.inputs) {
      if (artifact !== undefined || file !== undefined) continue
      add(name, isCode ? `\`${name}\` is a value: use the variable \`${name}\`` : valueIsNoFunction(name))
    }
    for (const file of shownFiles(chapter)) {
      const meaning = fileIsNoVariable(chapter, file)
      for (const name of [file.name, file.file, file.table]) if (name !== undefined) add(name, meaning)
    }
    for (const name of Object.keys(chapter.results)) {
      const place = /^[A-Za-z_$][\w$]*$/.test(name) ? `results.${name}` : `results[${JSON.stringify(name)}]`
      const use = isCode ? `: use ${place}.output` : ', which stands in the task'
      add(name, `\`${name}\` is the result of an earlier task${use}`)
    }
  }
  for (const { name, input } of tools) {
    const fields = Object.keys(input.properties ?? {}).join(', ')
    add(name, `\`${name}\` is a tool that you can call: ${call(name, fields)}`)
  }
  for (const { name } of delegates) {
    const meaning = `\`${functionName(name)}\` is an agent that you can start: ${call(functionName(name), 'task: "…"')}`
    add(functionName(name), meaning)
    add(name, meaning)
  }
  for (const name of imports) {
    if (!isCode || name.includes('*')) continue
    const variable = functionName(name).replaceAll(/\W/g, '_')
    add(name, `\`${name}\` is a package: import * as ${variable} from ${JSON.stringify(name)}`)
  }
  const instead = 'Do what you can without it, and say in the answer what is missing because of it'
  for (const name of missing) add(name, `\`${name}\` is a tool that no process hosts now. ${instead}`)
  for (const name of others.tools)
    add(name, `\`${name}\` is a tool that was not granted for this task. ${instead}`)
  for (const name of others.agents) {
    const meaning = `\`${name}\` is an agent of the team that this task may not start. ${instead}`
    add(functionName(name), meaning)
    add(name, meaning)
  }
  return meanings
}

function valueIsNoFunction(name: string): string {
  return `\`${name}\` is a value, which stands in the task, and no function`
}
