import { randomUUID } from 'node:crypto'
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { BailiwickError, InputError } from '@bailiwick/contract'
import { type AttemptRecord, attemptRecordSchema } from './attempt-record.ts'
import { LineLog } from './line-log.ts'
import { ReplyLog } from './reply-log.ts'

interface Header {
  experiment: string
}

/** The folder of an experiment: its records, and the replies of attempts that have not ended. */
export class ExperimentLog implements Disposable {
  readonly folder: string
  /** Unique for this folder. Runs of a daemon are named after it. */
  readonly id: string
  readonly replies: ReplyLog
  readonly #records: LineLog
  readonly #done: Map<string, Ended>
  #cost: number | null

  private constructor(parts: {
    folder: string
    id: string
    records: LineLog
    replies: ReplyLog
    done: Map<string, Ended>
    cost: number | null
  }) {
    this.folder = parts.folder
    this.id = parts.id
    this.#records = parts.records
    this.replies = parts.replies
    this.#done = parts.done
    this.#cost = parts.cost
  }

  /**
   * Opens the folder, or creates it. Only one process at a time has it.
   *
   * @throws BailiwickError `busy` if another process has it; InputError if its log is not one of experiments
   */
  static async open(folder: string): Promise<ExperimentLog> {
    mkdirSync(folder, { recursive: true })
    lock(folder)
    const records = new LineLog(join(folder, 'results.jsonl'))
    try {
      let id: string | undefined
      let cost: number | null = 0
      const done = new Map<string, Ended>()
      for await (const line of records.read()) {
        if (id === undefined) {
          id = (line as Partial<Header>).experiment
          if (typeof id === 'string') continue
          throw new InputError(
            `Expected ${records.path} to be the log of an experiment, found another file. Choose another folder.`,
          )
        }
        const record = parseRecord(line, records.path)
        note(done, record)
        cost = cost === null || record.usage.cost === null ? null : cost + record.usage.cost
      }
      if (id === undefined) {
        id = randomUUID().slice(0, 8)
        records.append({ experiment: id } satisfies Header)
      }
      const replies = await ReplyLog.open(join(folder, 'replies.jsonl'), (attempt) => {
        const [key = '', retry = '0'] = attempt.split('/')
        return (done.get(key)?.records ?? 0) <= Number(retry)
      })
      return new ExperimentLog({ folder, id, records, replies, done, cost })
    } catch (error) {
      records[Symbol.dispose]()
      unlock(folder)
      throw error
    }
  }

  /** US dollars of all recorded attempts; null if one is unknown. */
  get cost(): number | null {
    return this.#cost
  }

  /** How the attempt ended, or undefined if it has no record. */
  outcomeOf(key: string): AttemptRecord['outcome'] | undefined {
    return this.#done.get(key)?.outcome
  }

  /** Identifies the next try at an attempt: another one if it has a record already, which was an error. */
  tryOf(key: string): string {
    const records = this.#done.get(key)?.records ?? 0
    return records === 0 ? key : `${key}/${records}`
  }

  append(record: AttemptRecord): void {
    this.#records.append(record)
    note(this.#done, record)
    const { cost } = record.usage
    this.#cost = this.#cost === null || cost === null ? null : this.#cost + cost
  }

  /** The last record of each attempt that `wanted` accepts, one at a time. */
  async *records(wanted: (key: string) => boolean): AsyncGenerator<AttemptRecord> {
    const left = new Map<string, number>()
    for await (const record of this.#read()) left.set(record.key, (left.get(record.key) ?? 0) + 1)
    for await (const record of this.#read()) {
      const others = (left.get(record.key) ?? 1) - 1
      left.set(record.key, others)
      if (others === 0 && wanted(record.key)) yield record
    }
  }

  async *#read(): AsyncGenerator<AttemptRecord> {
    let isHeader = true
    for await (const line of this.#records.read()) {
      if (!isHeader) yield parseRecord(line, this.#records.path)
      isHeader = false
    }
  }

  [Symbol.dispose](): void {
    this.replies[Symbol.dispose]()
    this.#records[Symbol.dispose]()
    unlock(this.folder)
  }
}

/** How an attempt ended last, and its number of records. */
interface Ended {
  outcome: AttemptRecord['outcome']
  records: number
}

function note(done: Map<string, Ended>, { key, outcome }: AttemptRecord): void {
  done.set(key, { outcome, records: (done.get(key)?.records ?? 0) + 1 })
}

function parseRecord(line: unknown, path: string): AttemptRecord {
  const parsed = attemptRecordSchema.safeParse(line)
  if (parsed.success) return parsed.data
  throw new InputError(
    `Expected a record of an attempt in ${path}, found ${JSON.stringify(line)?.slice(0, 100)}. Choose another folder.`,
  )
}

function lock(folder: string): void {
  const path = lockFile(folder)
  for (;;) {
    try {
      const file = openSync(path, 'wx')
      writeSync(file, String(process.pid))
      closeSync(file)
      return
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    const pid = Number(readFileSync(path, 'utf8'))
    if (pid !== process.pid && isAlive(pid)) {
      throw new BailiwickError(
        'busy',
        `Expected ${folder} to be free, found an evaluation in process ${pid} that writes to it. Wait for it, choose another folder, or delete ${path} if that process is another program.`,
      )
    }
    rmSync(path, { force: true })
  }
}

function unlock(folder: string): void {
  rmSync(lockFile(folder), { force: true })
}

function lockFile(folder: string): string {
  return join(folder, '.lock')
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
