import type { ArtifactRef, TaskSpec } from '@bailiwick/contract'
import { tableFormatOf } from '@bailiwick/contract/world'
import { tableNames } from './table-names.ts'

/** A stored file that a task may read. */
export interface TaskFile {
  /** Unique among the task's files. Tools find the file by it. */
  name: string
  from: 'input' | 'result' | 'written'
  ref: ArtifactRef
}

/** A file that the run has written, and the task that wrote it. */
export interface WrittenFile {
  task: string | undefined
  ref: ArtifactRef
}

/**
 * The files of a task: its inputs, those of the tasks that it follows, and those that its run has written. The prompt and
 * the toolbox use the same names.
 */
export function taskFiles(
  spec: Pick<TaskSpec, 'task' | 'inputs' | 'results'>,
  written: readonly WrittenFile[] = [],
): TaskFile[] {
  const files = new Map<string, TaskFile>()
  const add = (name: string, prefix: string, from: TaskFile['from'], ref: ArtifactRef) => {
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

/** The name in SQL of each file that can be queried, by the file's name in the task. */
export function queryNames(files: readonly TaskFile[]): Map<string, string> {
  return tableNames(files.filter(({ ref }) => tableFormatOf(ref) !== undefined).map(({ name }) => name))
}
