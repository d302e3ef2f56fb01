import { formatBytes, type Grant, READ_FILE, type TaskSpec } from '@bailiwick/contract'
import { queryNames, taskFiles } from '../inputs/task-files.ts'
import { LEVEL_TABLE } from './level-table.ts'

/** A file of a task, as the prompt shows it. */
export interface ShownFile {
  /** The name by which tools find the file. */
  name: string
  description: string
  /** The name of the file itself, if it is stored. */
  file?: string
  /** Its name in SQL, if it can be queried. */
  table?: string
  /** Whether the user named it. The names of other files are data, which agents and tools chose. */
  isInput: boolean
  /** The text of a file in memory, if the agent has nothing to read it with. */
  text?: string
}

/** Whether the loop offers `readFile` itself, because the task has files in memory. */
export function offersReadFile({ inputs, grant }: Pick<TaskSpec, 'inputs' | 'grant'>): boolean {
  return (
    inputs.some(({ file }) => file !== undefined) &&
    LEVEL_TABLE[grant.level].rounds > 0 &&
    !grant.tools.some(({ name }) => name === READ_FILE.name)
  )
}

/** The files of a task when it begins: its inputs, and the files of earlier tasks. */
export function shownFiles(
  spec: Pick<TaskSpec, 'task' | 'inputs' | 'results' | 'resultFiles' | 'grant'>,
): ShownFile[] {
  const stored = taskFiles(spec)
  const tables = queryNames(stored)
  const canRead = LEVEL_TABLE[spec.grant.level].rounds > 0
  return [
    ...stored.map(({ name, ref, from }) => {
      const input = from === 'input' ? spec.inputs.find((one) => one.name === name) : undefined
      const table = tables.get(name)
      const plain = `${ref.mediaType}, ${formatBytes(ref.size)}`
      // What no tool can read needs no columns.
      const described = canRead ? spec.resultFiles?.[ref.key] : undefined
      return {
        name,
        description: input?.description ?? `${name}: ${described ?? plain}`,
        isInput: input !== undefined,
        file: ref.name,
        ...(table !== undefined && { table }),
      }
    }),
    ...spec.inputs.flatMap(({ name, file, description }) =>
      file === undefined
        ? []
        : [
            {
              name,
              description,
              isInput: true,
              ...(!canRead && file.text !== undefined && { text: file.text }),
            },
          ],
    ),
  ]
}

/**
 * How an agent reads a file and how it queries it, as it writes the calls; empty if it was granted neither.
 *
 * @example
 * fileUse(spec, { name: 'orders', table: 'orders', isInput: true })
 * // ['read its text with await readFile({ name: "orders" })', 'query it with await queryTable({ sql: "SELECT … FROM orders" })']
 */
export function fileUse(
  spec: Pick<TaskSpec, 'inputs' | 'grant'>,
  { name, table, isInput }: Omit<ShownFile, 'description'>,
): string[] {
  const { grant } = spec
  const isPlain = isInput && /^[\w.-]{1,64}$/.test(name)
  const [file, from] = isPlain ? [name, table] : ['its name, as above', 'its name without the extension']
  const uses: string[] = []
  if (has(grant, READ_FILE.name) || offersReadFile(spec))
    uses.push(`read its text with ${asCall(grant, READ_FILE.name, { name: file })}`)
  if (table !== undefined && has(grant, 'queryTable'))
    uses.push(`query it with ${asCall(grant, 'queryTable', { sql: `SELECT … FROM ${from}` })}`)
  if (grant.delegates.length > 0 && uses.length > 0)
    uses.push(`pass it to an agent among its inputs as ${asObject(grant, { $file: file })}`)
  return uses
}

function has({ level, tools }: Grant, tool: string): boolean {
  return LEVEL_TABLE[level].rounds > 0 && tools.some(({ name }) => name === tool)
}

/** A call as code writes it, or as a model without code makes it. */
function asCall({ level }: Pick<Grant, 'level'>, name: string, args: Record<string, string>): string {
  const shown = asObject({ level }, args)
  return LEVEL_TABLE[level].action === 'code' ? `await ${name}(${shown})` : `${name} ${shown}`
}

function asObject({ level }: Pick<Grant, 'level'>, args: Record<string, string>): string {
  if (LEVEL_TABLE[level].action !== 'code') return JSON.stringify(args)
  const fields = Object.entries(args).map(([key, value]) => `${key}: ${JSON.stringify(value)}`)
  return `{ ${fields.join(', ')} }`
}

/** What code is told that takes a file for a variable. */
export function fileIsNoVariable(spec: Pick<TaskSpec, 'inputs' | 'grant'>, file: ShownFile): string {
  const uses = fileUse(spec, file)
  const advice = uses.length > 0 ? uses.join(', or ') : 'no function that you have reads it'
  const no = LEVEL_TABLE[spec.grant.level].action === 'code' ? 'variable' : 'function'
  return `\`${file.name}\` is a file, not a ${no}: ${advice}`
}
