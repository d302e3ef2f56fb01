import type { ArtifactRef } from '@bailiwick/contract'

/** Runs whose files are remembered; beyond it, the one that wrote least recently is forgotten. */
const RUNS = 1_000

export interface WrittenFile {
  task: string
  ref: ArtifactRef
}

/**
 * What this process has written, by run. It is a convenience and may be lost: a restarted toolbox still
 * reads everything that a task was given or that its forerunners returned.
 */
export class WrittenFiles {
  readonly #runs = new Map<string, WrittenFile[]>()

  of(run: string): WrittenFile[] {
    return this.#runs.get(run) ?? []
  }

  add(run: string, file: WrittenFile): void {
    const files = this.of(run).filter(({ ref }) => ref.key !== file.ref.key)
    this.#runs.delete(run)
    this.#runs.set(run, [...files, file])
    const oldest = this.#runs.keys().next().value
    if (this.#runs.size > RUNS && oldest !== undefined) this.#runs.delete(oldest)
  }
}
