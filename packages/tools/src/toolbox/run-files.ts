import { createHash } from 'node:crypto'
import {
  type Bus,
  formatKey,
  getArtifact,
  listEntries,
  parseKey,
  putFile,
  readArtifact,
  readFirst,
  sourcesOf,
} from '@bailiwick/bus'
import {
  type ArtifactRef,
  type CallContext,
  DEFAULT_SANDBOX_LIMITS,
  fileNameProblem,
  formatBytes,
  InputError,
  type TaskSpec,
  taskSpecOf,
  unknownName,
} from '@bailiwick/contract'
import { z } from 'zod'
import type { Share } from '../child/fair-slots.ts'

/** What the toolbox reads and stores in one call. In bytes, except `characters`. */
export const FILE_LIMITS = {
  /** One file that is read as a whole. */
  read: 64 * 2 ** 20,
  /** One file that is written. */
  write: 32 * 2 ** 20,
  /** All files of one query or chart. */
  tables: 64 * 2 ** 20,
  /** Characters that one `readFile` returns. */
  characters: 900_000,
} as const

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
export interface RunFile {
  /** Unique among the task's files. */
  name: string
  from: 'input' | 'result' | 'written'
  ref: ArtifactRef
}

/** The files of the run that a call belongs to, and of no other run. */
export interface RunFiles {
  /** The caller and the run of a call, as the coordinator recorded them. */
  share(context: CallContext): Promise<Share>
  list(context: CallContext): Promise<RunFile[]>
  /** @throws InputError that lists the known files */
  find(context: CallContext, name: string): Promise<RunFile>
  /** @throws InputError if the file is larger than `FILE_LIMITS.read` */
  read(file: RunFile, signal: AbortSignal): Promise<Uint8Array>
  /** The bytes of a file of any size, in pieces. */
  stream(file: RunFile, signal: AbortSignal): AsyncIterable<Uint8Array>
  /** @throws InputError if the file is larger than `FILE_LIMITS.write` */
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
  async function list(context: CallContext): Promise<RunFile[]> {
    const spec = await readSpec(bus, context)
    const { run } = spec
    const runs = [run, ...(await sourcesOf(bus, run))]
    // A host may claim that its result or its delegate's input is a file of another run.
    const isOwn = ({ key }: ArtifactRef) => runs.includes(parseKey(key)?.scope ?? '')
    const written = [
      ...(await longResults(bus, spec, context.signal)),
      ...(await writtenFiles(bus, run, context.signal)),
    ]
    return nameFiles(spec, written).filter(({ ref }) => isOwn(ref))
  }

  return {
    async share(context) {
      return { run: (await readSpec(bus, context)).run, caller: context.caller }
    },
    list,
    async find(context, name) {
      const files = await list(context)
      const found = matchFile(files, name)
      if (found !== undefined) return found
      const names = files.map((file) => file.name)
      throw new InputError(unknownName('file', name.slice(0, 200), names))
    },
    async read({ name, ref }, signal) {
      checkSize(name, ref.size, FILE_LIMITS.read)
      return getArtifact(bus, ref, { signal })
    },
    stream: ({ ref }, signal) => readArtifact(bus, ref, { signal }),
    async write(context, { name, mediaType, bytes }) {
      checkSize(name, bytes.length, FILE_LIMITS.write)
      // The tool's schema has checked the name; a chart adds an extension.
      const problem = fileNameProblem(name)
      if (problem !== undefined) throw new InputError(problem)
      const { run, task } = await readSpec(bus, context)
      // Each call and content has its own key, so that a second file of the same name does not change the first, and the
      // same call sent again stores nothing new.
      const about = JSON.stringify([task, context.id, name, createHash('sha256').update(bytes).digest('hex')])
      const id = createHash('sha256').update(about).digest('hex').slice(0, 32)
      const place = { kind: 'file', scope: run, owner: WRITER, id } as const
      return putFile(bus, place, { name, mediaType, bytes, task }, { signal: context.signal })
    },
  }
}

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

async function readSpec(bus: Bus, { caller, task, signal }: CallContext): Promise<TaskSpec> {
  const { run, record } = await readFirst(bus, { writer: caller, task }, signal)
  if (record.type !== 'task.created' || record.run !== run) {
    throw new InputError(`expected the journal of task ${task} to start with task.created`)
  }
  return taskSpecOf(record)
}

/** The task's inputs, the files of the tasks that it follows, and the files that its run wrote. */
function nameFiles(spec: TaskSpec, written: WrittenFile[]): RunFile[] {
  const files = new Map<string, RunFile>()
  const add = (name: string, prefix: string, from: RunFile['from'], ref: ArtifactRef) => {
    const known = [...files.values()].some(
      (file) => file.ref.writer === ref.writer && file.ref.key === ref.key,
    )
    if (known) return
    const unique = files.has(name) ? `${prefix}/${name}` : name
    files.set(unique, { name: unique, from, ref })
  }
  // The task's own files come first, because it chose their names. The newest of a name wins.
  for (const { ref } of written.filter(({ task }) => task === spec.task)) {
    files.set(ref.name, { name: ref.name, from: 'written', ref })
  }
  for (const { name, artifact } of spec.inputs) {
    if (artifact !== undefined) add(name, 'input', 'input', artifact)
  }
  for (const [task, { artifacts }] of Object.entries(spec.results)) {
    for (const ref of artifacts) add(ref.name, task, 'result', ref)
  }
  for (const { task, ref } of written) {
    if (task !== spec.task) add(ref.name, task ?? 'run', 'written', ref)
  }
  return [...files.values()]
}

interface WrittenFile {
  task: string | undefined
  ref: ArtifactRef
}

/** Results of the task's calls that were too long to return. */
async function longResults(bus: Bus, { run, task }: TaskSpec, signal: AbortSignal): Promise<WrittenFile[]> {
  const files: WrittenFile[] = []
  for await (const { key, entry } of listEntries(bus, { kind: 'call', scope: run }, signal)) {
    const { task: of, ...about } = entry
    if (of !== task || entry.size <= DEFAULT_SANDBOX_LIMITS.resultChars) continue
    files.push({ task, ref: { writer: key.owner, key: formatKey(key), ...about } })
  }
  return files
}

/** The files that tools have written in a run. */
async function writtenFiles(bus: Bus, run: string, signal: AbortSignal): Promise<WrittenFile[]> {
  const files: WrittenFile[] = []
  for await (const { key, entry } of listEntries(bus, { kind: 'file', scope: run, owner: WRITER }, signal)) {
    const { task, ...about } = entry
    files.push({ task, ref: { writer: WRITER, key: formatKey(key), ...about } })
  }
  return files
}
