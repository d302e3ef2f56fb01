import { createHash } from 'node:crypto'
import {
  type Bus,
  formatKey,
  type ListedFile,
  parseKey,
  putFile,
  readArtifact,
  readFirst,
  requireRun,
  sourcesOf,
} from '@bailiwick/bus'
import {
  type ArtifactRef,
  type CallContext,
  DEFAULT_SANDBOX_LIMITS,
  FILE_LIMITS,
  fileNameProblem,
  formatBytes,
  InputError,
  type TaskSpec,
  taskSpecOf,
  unknownName,
} from '@bailiwick/contract'
import { type TaskFile, taskFiles, type WrittenFile } from '@bailiwick/core/inputs'
import { z } from 'zod'
import type { Share } from '../child/fair-slots.ts'
import { Recent } from './recent.ts'
import { StoredLists } from './stored-lists.ts'

/** The name of a file that a task writes. It may become the name of a file on a user's disk, of any system. */
export const fileNameSchema = z.string().superRefine((name, context) => {
  const problem = fileNameProblem(name) ?? unusualName(name)
  if (problem !== undefined) context.addIssue({ code: 'custom', message: problem })
})

/** Names that are hidden on some systems, or impossible on others. A download keeps every other name. */
function unusualName(name: string): string | undefined {
  const found = `found ${JSON.stringify(name)}`
  if (/[:*?"<>|]/.test(name)) return `Expected a file name without any of : * ? " < > |, ${found}.`
  if (/^[.\s]|[.\s]$/.test(name))
    return `Expected a file name that neither starts nor ends with a dot or a space, ${found}.`
  if (/^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(name))
    return `Expected a file name that is no device on Windows, ${found}.`
  return undefined
}

/** A file that a task may read. */
export type RunFile = TaskFile

/** The files of the run that a call belongs to, and of no other run. */
export interface RunFiles {
  /** The caller and the run of a call, as the coordinator recorded them. */
  share(context: CallContext): Promise<Share>
  list(context: CallContext): Promise<RunFile[]>
  /** @throws InputError that lists the known files */
  find(context: CallContext, name: string): Promise<RunFile>
  /** The bytes of a file of any size, in pieces. `from` is the first byte: default 0. */
  stream(file: RunFile, signal: AbortSignal, from?: number): AsyncIterable<Uint8Array>
  /** @throws InputError if the file is larger than `FILE_LIMITS.chartFile` */
  write(
    context: CallContext,
    file: { name: string; mediaType: string; bytes: Uint8Array },
  ): Promise<ArtifactRef>
}

/**
 * Opens the files of runs. The caller's journal says which run and task a call belongs to, as the coordinator recorded
 * it. The run that the call itself names is ignored.
 */
export function openRunFiles(bus: Bus): RunFiles {
  const lists = new StoredLists(bus)
  const tasks = new Recent<string, TaskSpec>(MAX_TASKS)
  const sources = new Recent<string, string[]>(MAX_TASKS)

  /** The task of a call, which must be open. What the coordinator recorded about it never changes. */
  async function readSpec({ caller, task, signal }: CallContext): Promise<TaskSpec> {
    const run = await requireRun(bus, { writer: caller, task }, signal)
    const name = `${caller} ${task}`
    const known = tasks.get(name)
    if (known?.run === run) return known
    const { record } = await readFirst(bus, { writer: caller, task }, signal)
    if (record.type !== 'task.created' || record.run !== run) {
      throw new InputError(`expected the journal of task ${task} to start with task.created`)
    }
    const spec = taskSpecOf(record)
    tasks.set(name, spec)
    return spec
  }

  /** The run, and those that it was forked from. */
  async function runsOf(run: string): Promise<string[]> {
    const known = sources.get(run) ?? [run, ...(await sourcesOf(bus, run))]
    sources.set(run, known)
    return known
  }

  async function list(context: CallContext): Promise<RunFile[]> {
    const { signal } = context
    const spec = await readSpec(context)
    const { run, task } = spec
    const runs = await runsOf(run)
    // A host may claim that its result or its delegate's input is a file of another run.
    const isOwn = ({ key }: ArtifactRef) => runs.includes(parseKey(key)?.scope ?? '')
    const results = await lists.list({ kind: 'call', run }, isLongResult, signal)
    const files = await lists.list({ kind: 'file', run, owner: WRITER }, () => true, signal)
    const written = [...results.filter(({ entry }) => entry.task === task), ...files].map(writtenFile)
    return taskFiles(spec, written).filter(({ ref }) => isOwn(ref))
  }

  return {
    async share(context) {
      return { run: (await readSpec(context)).run, caller: context.caller }
    },
    list,
    async find(context, name) {
      const files = await list(context)
      const found = matchFile(files, name)
      if (found !== undefined) return found
      const names = files.map((file) => file.name)
      throw new InputError(unknownName('file', name.slice(0, 200), names))
    },
    stream: ({ ref }, signal, from = 0) => readArtifact(bus, ref, { signal, from }),
    async write(context, { name, mediaType, bytes }) {
      checkSize(name, bytes.length, FILE_LIMITS.chartFile)
      // The tool's schema has checked the name; a chart adds an extension.
      const problem = fileNameProblem(name)
      if (problem !== undefined) throw new InputError(problem)
      const { run, task } = await readSpec(context)
      // Each call and content has its own key, so that a second file of the same name does not change the first, and the
      // same call sent again stores nothing new.
      const about = JSON.stringify([task, context.id, name, createHash('sha256').update(bytes).digest('hex')])
      const id = createHash('sha256').update(about).digest('hex').slice(0, 32)
      const place = { kind: 'file', scope: run, owner: WRITER, id } as const
      return putFile(bus, place, { name, mediaType, bytes, task }, { signal: context.signal })
    },
  }
}

/** Tasks and runs to remember. What the coordinator recorded about others is read again. */
const MAX_TASKS = 64

/** The owner of files that tools write. */
const WRITER = 'toolbox'

/**
 * Finds a file by its name in the task, or else by its original name, or else by a name that looks the same: systems
 * and models write accents in different ways.
 */
export function matchFile(files: RunFile[], name: string): RunFile | undefined {
  const looks = name.normalize('NFC')
  return (
    files.find((file) => file.name === name) ??
    files.find((file) => file.ref.name === name) ??
    files.find((file) => [file.name, file.ref.name].some((known) => known.normalize('NFC') === looks))
  )
}

function checkSize(name: string, size: number, limit: number): void {
  if (size <= limit) return
  throw new InputError(
    `expected a file of at most ${formatBytes(limit)}, found ${name} with ${formatBytes(size)}`,
  )
}

/** Whether a file is the result of a call that was too long to return. */
function isLongResult({ entry }: ListedFile): boolean {
  return entry.task !== undefined && entry.size > DEFAULT_SANDBOX_LIMITS.resultChars
}

function writtenFile({ key, entry }: ListedFile): WrittenFile {
  const { task, ...about } = entry
  return { task, ref: { writer: key.owner, key: formatKey(key), ...about } }
}
