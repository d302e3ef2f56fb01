import { type Bus, getArtifact, putArtifact, readFirst } from '@bailiwick/bus'
import {
  type ArtifactRef,
  type CallContext,
  InputError,
  type TaskSpec,
  taskSpecOf,
} from '@bailiwick/contract'
import { FILE_LIMITS } from './file-limits.ts'
import { type WrittenFile, WrittenFiles } from './written-files.ts'

/** A file that a task may read. */
export interface RunFile {
  /** Unique among the task's files. */
  name: string
  from: 'input' | 'result' | 'written'
  ref: ArtifactRef
}

/** The files of the run that a call belongs to, and of no other. */
export interface RunFiles {
  list(context: CallContext): Promise<RunFile[]>
  /** @throws InputError that names the files there are. */
  find(context: CallContext, name: string): Promise<RunFile>
  read(file: RunFile, signal: AbortSignal): Promise<Uint8Array>
  write(
    context: CallContext,
    file: { name: string; mediaType: string; bytes: Uint8Array },
  ): Promise<ArtifactRef>
}

/**
 * Opens the files of runs. Which run and task a call belongs to is looked up by its caller, as the
 * coordinator recorded it: what the call itself says of its run is never read.
 */
export function openRunFiles(bus: Bus): RunFiles {
  const written = new WrittenFiles()

  async function list(context: CallContext): Promise<RunFile[]> {
    const spec = await readSpec(bus, context)
    return nameFiles(spec, written.of(spec.run))
  }

  return {
    list,
    async find(context, name) {
      const files = await list(context)
      const found = matchFile(files, name)
      if (found !== undefined) return found
      const names = files.map((file) => file.name).join(', ')
      throw new InputError(`this task has no file "${name.slice(0, 200)}"; it has: ${names || 'none'}`)
    },
    async read({ name, ref }, signal) {
      if (ref.size > FILE_LIMITS.read) {
        throw new InputError(
          `${name} has ${ref.size} bytes: more than the ${FILE_LIMITS.read} that are read at a time`,
        )
      }
      return getArtifact(bus, ref, signal)
    },
    async write(context, { name, mediaType, bytes }) {
      if (bytes.length > FILE_LIMITS.write) {
        throw new InputError(
          `${name} has ${bytes.length} bytes: more than the ${FILE_LIMITS.write} that are kept`,
        )
      }
      const { run, task } = await readSpec(bus, context)
      // A key for each call: a second file of the same name must not change what the first reference means,
      // while the same call sent again replaces its file with the same bytes.
      const key = `${run}/${task}/${context.id.slice(0, 100)}/${name}`
      const ref = await putArtifact(bus, { writer: 'toolbox', key, name, mediaType, bytes }, context.signal)
      written.add(run, { task, ref })
      return ref
    },
  }
}

async function readSpec(bus: Bus, { caller, task, signal }: CallContext): Promise<TaskSpec> {
  const { run, record } = await readFirst(bus, { writer: caller, task }, signal)
  if (record.type !== 'task.created' || record.run !== run) {
    throw new InputError(`the journal of task ${task} does not begin with its creation`)
  }
  return taskSpecOf(record)
}

/** The file that somebody means: by its name in the task, or else by the name it came with. */
export function matchFile(files: RunFile[], name: string): RunFile | undefined {
  return files.find((file) => file.name === name) ?? files.find((file) => file.ref.name === name)
}

/** What a task is given, what its forerunners made, and what was written in its run. */
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
  // The task's own files go first: their names are the ones that it chose itself. The last one wins.
  for (const { ref } of written.filter(({ task }) => task === spec.task)) {
    files.set(ref.name, { name: ref.name, from: 'written', ref })
  }
  for (const { name, artifact } of spec.inputs) {
    if (artifact !== undefined) add(name, 'input', 'input', artifact)
  }
  for (const [task, { artifacts }] of Object.entries(spec.results)) {
    for (const ref of artifacts) add(ref.name, task, 'result', ref)
  }
  for (const { task, ref } of written.filter((file) => file.task !== spec.task))
    add(ref.name, task, 'written', ref)
  return [...files.values()]
}
