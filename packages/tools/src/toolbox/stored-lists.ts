import { type Bus, type ListedFile, listEntries } from '@bailiwick/bus'
import { Recent } from './recent.ts'

/** Lists to remember. Others are read again from their beginning. */
const MAX_LISTS = 200

/** Which files to list: those of a kind in a run, of one owner or of all. */
interface Place {
  kind: 'file' | 'call'
  run: string
  owner?: string
}

interface KnownList {
  /** By their sequence in the stream. */
  readonly files: Map<number, ListedFile>
  /** The sequence after the last entry that was read. */
  next: number
}

/**
 * Lists of the files that were stored in runs. A task may look for hundreds of files at once, so each list is remembered,
 * and only what was stored since is read.
 */
export class StoredLists {
  readonly #bus: Bus
  readonly #lists = new Recent<string, KnownList>(MAX_LISTS)

  constructor(bus: Bus) {
    this.#bus = bus
    // A server that lost the end of the stream in a crash gives its sequences again.
    bus.link.onReconnect(() => this.#lists.clear())
  }

  /** The files of a place, in the order in which they were stored. `wanted` is the same for each call of a place. */
  async list(
    place: Place,
    wanted: (file: ListedFile) => boolean,
    signal: AbortSignal,
  ): Promise<ListedFile[]> {
    const { kind, run, owner } = place
    const name = `${kind} ${run} ${owner ?? '*'}`
    const known = this.#lists.get(name) ?? { files: new Map<number, ListedFile>(), next: 1 }
    this.#lists.set(name, known)
    const where = { kind, scope: run, ...(owner !== undefined && { owner }) }
    for await (const file of listEntries(this.#bus, where, { fromSequence: known.next, signal })) {
      if (wanted(file)) known.files.set(file.sequence, file)
      known.next = Math.max(known.next, file.sequence + 1)
    }
    // Two calls may have read at the same time.
    return [...known.files.values()].sort((one, other) => one.sequence - other.sequence)
  }
}
