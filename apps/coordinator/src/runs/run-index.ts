import { COORDINATOR, type JournalAddress, type RunSummary, type StoredAppend } from '@bailiwick/bus'
import {
  type JournalRecord,
  type RecordOf,
  type TaskResult,
  type TaskSpec,
  taskResultOf,
} from '@bailiwick/contract'
import { summaryText } from './state/run-details.ts'
import type { StoredRun } from './stored-runs.ts'

/** Names to remember. Each daemon's hosts have new ones. */
const MAX_NAMES = 10_000

/** A task that has not ended, of a run that has not ended. */
export interface IndexedTask {
  run: string
  task: string
  agent: string
  /** Sequence of the append that created it; 0 if it was dispatched and its journal does not exist yet. */
  created: number
  /** The host of its last attempt. */
  host?: string
  /** Unix milliseconds at which it times out. */
  deadline?: number
  /** The task that waits for it, if it is a delegate. */
  parent?: { task: string; call: string }
  /** Ids of the calls that wait for a person's decision. */
  asked: readonly string[]
  /** Ids of the calls that were decided on and whose host has not recorded that yet. */
  decided: readonly string[]
  /** Ids of the calls that it waits for, if its host has left it meanwhile. */
  waiting?: readonly string[]
}

/**
 * Whether a host should have a task, or its bell should wait: it exists, and one of the people or delegates that it
 * waits for has answered.
 *
 * @param tasks the open tasks of its run
 */
export function isReady(
  { task, created, waiting, asked, decided }: IndexedTask,
  tasks: readonly IndexedTask[],
): boolean {
  if (created === 0) return false
  if (waiting === undefined) return true
  const isDelegateOpen = (call: string) =>
    tasks.some(({ parent }) => parent?.task === task && parent.call === call)
  return waiting.some((call) => decided.includes(call) || !(asked.includes(call) || isDelegateOpen(call)))
}

/** A run that has not ended. */
export interface IndexedRun {
  run: string
  status: 'submitted' | 'working'
  /** The beginning of the request. */
  text: string
  submittedAt: number
  owner: string
  /** The coordinator that drives it; absent in runs of versions that did not record it. */
  driver?: string
  /** Whether one agent has the whole task. Then there is nothing to do for the run while that task is open. */
  direct: boolean
  /** Unix milliseconds at which its wall time is over, unless it waits. Waiting for people defers it. */
  deadline?: number
  /** Since when all its tasks have waited without a host, Unix milliseconds. Only if it has a deadline. */
  waitsSince?: number
  /** Sequence of the last append to its own journal. */
  sequence: number
  /** Sequence up to which appends of its tasks are taken into account, if it was loaded from its entry. */
  loaded?: number
  /** Whether its driver may have something to do before the next record arrives. See {@link isDue}. */
  due: boolean
  /** Present if someone asked to cancel it. */
  canceled?: true
  /** Present if its own journal has something that this version cannot read. A version that can must drive it. */
  unreadable?: true
  /** Decisions on calls that are not known yet, as `<task>/<call>`: their agent's journals may be read later. */
  early?: readonly string[]
  /** Tasks that agents work on, delegates included. */
  tasks: IndexedTask[]
}

/** Whether a run has to be advanced by a coordinator that knows no more about it. */
export function isDue({ due, direct, canceled, tasks }: IndexedRun): boolean {
  if (!due || canceled || !direct) return due
  // While the only task of the plan is open, there is nothing to do.
  return !tasks.some(({ parent, created }) => parent === undefined && created > 0)
}

/** What is kept of a run that has ended. The bucket has the rest. */
interface EndedRun {
  submittedAt: number
  endedAt: number
  owner: string
  /** Undefined once the bucket has it. Never deleted: an object that has lost a property takes five times the memory. */
  summary: (RunSummary & { endedAt: number; owner: string }) | undefined
}

/** A run of a list. Without a summary, its entry in the bucket has it. */
export type ListedRun = RunSummary | Pick<RunSummary, 'run'>

const NONE: readonly string[] = []

/** What others do with the news. */
export interface IndexListener {
  /** The run's own journal has these records. */
  appended(run: IndexedRun, records: readonly JournalRecord[], sequence: number): void
  /** A task of an open run has ended; `known` is the task as it was, unless it is one of the coordinator's own. */
  ended(run: IndexedRun, task: string, result: TaskResult, known: IndexedTask | undefined): void
  /** The run begins to wait for people, or stops, which defers its deadline. */
  paused(run: IndexedRun): void
  /** A person or a delegate may have answered a task, or a task was left or taken that has undelivered decisions. */
  answered(task: IndexedTask): void
}

/** Records of tasks that change the index. */
const TYPES = [
  'task.created',
  'task.started',
  'task.waiting',
  'task.ended',
  'call.asked',
  'call.decided',
  'call.withdrawn',
] as const satisfies JournalRecord['type'][]
const WANTED: ReadonlySet<unknown> = new Set(TYPES)
/** The same, as they stand in the text of an append. */
const MARKERS = TYPES.map((type) => `"type":"${type}"`)

/** Whether the index needs records of this type from the journals of tasks. */
export function concernsIndex(type: unknown): boolean {
  return WANTED.has(type)
}

/** All runs, and the open tasks of open ones: for lists, to find lost tasks, and to know whom a record is for. */
export class RunIndex {
  readonly #listener: IndexListener
  readonly #open = new Map<string, IndexedRun>()
  readonly #ended = new Map<string, EndedRun>()
  /** By run: the sequence of the last append that its entry in the bucket may lack. */
  readonly #changed = new Map<string, number>()
  /** Every agent, host and owner once: many tasks have the same. */
  readonly #names = new Map<string, string>()

  constructor(listener: IndexListener) {
    this.#listener = listener
  }

  /** Whether an append can change the index. Reading it costs much more than this look. */
  needs(append: StoredAppend): boolean {
    const { writer, run, task, sequence } = append
    const open = this.#open.get(run)
    if (writer === COORDINATOR && task === 'run') return open === undefined || sequence > open.sequence
    if (open === undefined || sequence <= (open.loaded ?? 0)) return false
    const known = open.tasks.find((one) => one.task === task)
    return (known === undefined || sequence > known.created) && append.mentions(MARKERS)
  }

  /**
   * Takes one append. Repeating it changes nothing, except by the records of tasks.
   *
   * @param isWhole false if something of it could not be read
   */
  take(
    append: JournalAddress & { sequence: number },
    records: readonly JournalRecord[],
    isWhole = true,
  ): void {
    const { writer, run, task, sequence } = append
    const open = this.#open.get(run)
    if (writer === COORDINATOR && task === 'run') this.#takeOwn(run, sequence, records, isWhole)
    else if (open !== undefined) {
      this.#changed.set(run, sequence)
      this.#takeTask(open, append, records)
      if (open.deadline !== undefined) this.#pause(open, open.deadline, records)
    }
  }

  /**
   * Takes an append of this coordinator as soon as it is stored, before it comes from the stream, unless something
   * before it has not come yet.
   */
  stored(
    run: string,
    records: readonly JournalRecord[],
    { sequence, before }: { sequence: number; before: number },
  ): void {
    if ((this.#open.get(run)?.sequence ?? 0) === before) this.#takeOwn(run, sequence, records)
  }

  /** Takes the creation of a task by this coordinator, before it comes from the stream. */
  created({ run, task: id, deadline }: Pick<TaskSpec, 'run' | 'task' | 'deadline'>, sequence: number): void {
    const task = this.task(run, id)
    if (task === undefined || sequence === 0) return
    task.created = sequence
    if (deadline !== undefined) task.deadline = deadline
  }

  /** A run that has not ended. */
  get(run: string): IndexedRun | undefined {
    return this.#open.get(run)
  }

  /** The owner of a run; undefined if it is unknown here. */
  owner(run: string): string | undefined {
    return this.#open.get(run)?.owner ?? this.#ended.get(run)?.owner
  }

  /** A task that has not ended. */
  task(run: string, task: string): IndexedTask | undefined {
    return this.#open.get(run)?.tasks.find((one) => one.task === task)
  }

  /** By agent: the number of its tasks for which a bell should wait or be held. */
  readyTasks(): Map<string, number> {
    const ready = new Map<string, number>()
    for (const { tasks } of this.#open.values()) {
      for (const task of tasks)
        if (isReady(task, tasks)) ready.set(task.agent, (ready.get(task.agent) ?? 0) + 1)
    }
    return ready
  }

  /** All runs that have not ended. */
  open(): IterableIterator<IndexedRun> {
    return this.#open.values()
  }

  /** Runs, newest first. @param of only this owner's runs */
  list(limit: number, of?: string): ListedRun[] {
    const found: { at: number; run: string }[] = []
    const look = (run: string, { submittedAt: at, owner }: Pick<RunSummary, 'submittedAt' | 'owner'>) => {
      if (of === undefined || owner === of) found.push({ at, run })
    }
    for (const [run, open] of this.#open) look(run, open)
    for (const [run, ended] of this.#ended) look(run, ended)
    found.sort((a, b) => b.at - a.at)
    return found.slice(0, limit).map(({ run }) => {
      const open = this.#open.get(run)
      return (open && summaryOf(open)) ?? this.#ended.get(run)?.summary ?? { run }
    })
  }

  /** Runs that ended before a time, the first ones that ended first. */
  endedBefore(time: number): string[] {
    return [...this.#ended].flatMap(([run, { endedAt }]) => (endedAt < time ? [run] : []))
  }

  /** Removes a run that has ended. */
  remove(run: string): void {
    this.#ended.delete(run)
    this.#changed.delete(run)
  }

  /** Forgets everything. */
  clear(): void {
    this.#open.clear()
    this.#ended.clear()
    this.#changed.clear()
  }

  /** Takes a run from its entry in the bucket. */
  load(entry: StoredRun): void {
    const { run, submittedAt, endedAt } = entry
    const owner = this.#name(entry.owner)
    if (endedAt !== undefined) {
      this.#ended.set(run, { submittedAt, endedAt, owner, summary: undefined })
      return
    }
    const { status, text, position, driver, deadline, waitsSince, sequence = 0 } = entry
    const { direct = false, due = true, canceled, unreadable, tasks = [] } = entry
    this.#open.set(run, {
      run,
      status: status === 'submitted' ? status : 'working',
      text,
      submittedAt,
      owner,
      ...(driver !== undefined && { driver: this.#name(driver) }),
      ...(deadline !== undefined && { deadline }),
      ...(waitsSince !== undefined && { waitsSince }),
      sequence,
      loaded: position,
      direct,
      due,
      ...(canceled && { canceled }),
      ...(unreadable && { unreadable }),
      tasks: tasks.map(({ agent, host, asked = NONE, decided = NONE, ...task }) => ({
        run,
        ...task,
        agent: this.#name(agent),
        ...(host !== undefined && { host: this.#name(host) }),
        asked,
        decided,
      })),
    })
  }

  /**
   * The entries that the bucket lacks, which then no longer count as missing.
   *
   * @param position sequence of the last append that was taken
   */
  takeChanged(position: number): StoredRun[] {
    const entries = [...this.#changed.keys()].flatMap((run) => this.#entryOf(run, position) ?? [])
    this.#changed.clear()
    return entries
  }

  /** Takes note that the bucket has these entries. */
  wereStored(entries: readonly StoredRun[]): void {
    for (const { run, endedAt } of entries) {
      const ended = this.#ended.get(run)
      // Not if it has ended while its entry was written.
      if (ended !== undefined && endedAt !== undefined) ended.summary = undefined
    }
  }

  /** Takes note that these entries could not be written. */
  wereNotStored(entries: readonly StoredRun[]): void {
    for (const { run, position } of entries) if (!this.#changed.has(run)) this.#changed.set(run, position)
  }

  /** Takes note that another coordinator has stored everything up to a sequence. */
  wasStoredElsewhere(position: number): void {
    for (const [run, sequence] of this.#changed) {
      if (sequence > position) continue
      this.#changed.delete(run)
      const ended = this.#ended.get(run)
      if (ended !== undefined) ended.summary = undefined
    }
  }

  /** Takes note that a run was advanced as far as possible, if nothing was appended since. */
  settled(id: string, sequence: number): void {
    const run = this.#open.get(id)
    if (run === undefined || run.sequence !== sequence || !run.due) return
    run.due = false
    this.#changed.set(id, Math.max(sequence, this.#changed.get(id) ?? 0))
  }

  #entryOf(id: string, position: number): StoredRun | undefined {
    const summary = this.#ended.get(id)?.summary
    if (summary !== undefined) return { v: 1, position, ...summary }
    const run = this.#open.get(id)
    if (run === undefined) return undefined
    const { loaded: _, early: __, tasks, ...rest } = run
    return {
      v: 1,
      position,
      ...rest,
      tasks: tasks.map(({ run: _, asked, decided, waiting, ...task }) => ({
        ...task,
        ...(asked.length > 0 && { asked: [...asked] }),
        ...(decided.length > 0 && { decided: [...decided] }),
        ...(waiting !== undefined && { waiting: [...waiting] }),
      })),
    }
  }

  #takeOwn(id: string, sequence: number, records: readonly JournalRecord[], isWhole = true): void {
    for (const record of records) {
      if (record.type === 'run.submitted') this.#submit(id, record)
    }
    const run = this.#open.get(id)
    // Both the append itself and the feed bring it here.
    if (run === undefined || sequence <= run.sequence) return
    run.sequence = sequence
    if (!isWhole) run.unreadable = true
    // A new driver and a decision on a call are nothing that the graph acts upon.
    if (records.some(({ type }) => type !== 'run.driven' && type !== 'run.decided')) run.due = true
    this.#changed.set(id, sequence)
    for (const record of records) this.#applyOwn(run, record)
    this.#listener.appended(run, records, sequence)
  }

  #submit(id: string, { at, text, owner, budget, strategy }: RecordOf<'run.submitted'>): void {
    if (this.#open.has(id)) return
    this.#ended.delete(id)
    this.#open.set(id, {
      run: id,
      status: 'submitted',
      text: copyOf(summaryText(text)),
      submittedAt: at,
      owner: this.#name(owner),
      ...(budget.wallMs !== undefined && { deadline: at + budget.wallMs }),
      sequence: 0,
      direct: strategy === 'direct',
      due: true,
      tasks: [],
    })
  }

  #applyOwn(run: IndexedRun, record: JournalRecord): void {
    switch (record.type) {
      case 'run.driven':
        run.driver = this.#name(record.coordinator)
        return
      case 'run.planned':
        run.status = 'working'
        return
      case 'run.cancel-requested':
        run.canceled = true
        return
      case 'task.dispatched': {
        run.status = 'working'
        const { task, agent, own } = record
        if (own || run.tasks.some((one) => one.task === task)) return
        run.tasks.push({
          run: run.run,
          task,
          agent: this.#name(agent),
          created: 0,
          asked: NONE,
          decided: NONE,
        })
        return
      }
      case 'task.returned':
        run.tasks = run.tasks.filter(({ task }) => task !== record.task)
        return
      case 'run.decided': {
        const task = run.tasks.find(({ task }) => task === record.task)
        if (task?.decided.includes(record.call)) return
        if (!task?.asked.includes(record.call)) {
          run.early = [...(run.early ?? NONE), `${record.task}/${record.call}`]
          return
        }
        task.decided = [...task.decided, record.call]
        this.#listener.answered(task)
        return
      }
      case 'run.ended': {
        const { run: id, text, submittedAt, owner } = run
        const { status, at: endedAt } = record
        const summary = { run: id, status, text, submittedAt, owner, endedAt }
        this.#open.delete(id)
        this.#ended.set(id, { submittedAt, endedAt, owner, summary })
        return
      }
      default:
    }
  }

  /** While all tasks of a run wait, nothing works on it, and its wall time stands still. */
  #pause(run: IndexedRun, deadline: number, records: readonly JournalRecord[]): void {
    const last = records.at(-1)
    const waits = run.tasks.length > 0 && run.tasks.every(({ waiting }) => waiting !== undefined)
    if (last === undefined || waits === (run.waitsSince !== undefined)) return
    if (waits) run.waitsSince = (last.type === 'task.waiting' ? last.since : undefined) ?? last.at
    else {
      run.deadline = deadline + Math.max(0, last.at - (run.waitsSince ?? last.at))
      delete run.waitsSince
    }
    this.#listener.paused(run)
  }

  #takeTask(
    run: IndexedRun,
    { writer, task: id, sequence }: JournalAddress & { sequence: number },
    records: readonly JournalRecord[],
  ): void {
    for (const record of records) {
      const task = run.tasks.find(({ task }) => task === id)
      if (record.type === 'task.created') {
        // A host can write anything under its own name, also about other agents' tasks.
        if (record.agent !== writer || (task !== undefined && task.agent !== writer)) continue
        const { parent, deadline } = record
        const created: IndexedTask = {
          run: run.run,
          task: id,
          agent: this.#name(writer),
          created: sequence,
          ...(deadline !== undefined && { deadline }),
          ...(parent !== undefined && { parent: { task: parent.task, call: parent.call } }),
          asked: NONE,
          decided: NONE,
        }
        if (task === undefined) run.tasks.push(created)
        else if (task.created === 0) Object.assign(task, created)
      } else if (record.type === 'task.ended') {
        if (writer !== COORDINATOR && task?.agent !== writer) continue
        run.tasks = run.tasks.filter((one) => one !== task)
        if (task?.parent === undefined) run.due = true
        this.#listener.ended(run, id, taskResultOf(record), task)
        const parent = task?.parent && run.tasks.find((one) => one.task === task.parent?.task)
        if (parent?.waiting !== undefined) this.#listener.answered(parent)
      } else if (task?.agent === writer) this.#applyTask(run, task, record)
    }
  }

  #applyTask(run: IndexedRun, task: IndexedTask, record: JournalRecord): void {
    switch (record.type) {
      case 'task.started':
        task.host = this.#name(record.host)
        delete task.waiting
        if (task.decided.length > 0) this.#listener.answered(task)
        return
      case 'task.waiting':
        task.waiting = record.calls
        this.#listener.answered(task)
        return
      case 'call.asked':
        task.asked = [...task.asked, record.call]
        if (run.early?.includes(`${task.task}/${record.call}`)) {
          task.decided = [...task.decided, record.call]
          this.#listener.answered(task)
        }
        return
      case 'call.decided':
      case 'call.withdrawn':
        task.asked = task.asked.filter((call) => call !== record.call)
        task.decided = task.decided.filter((call) => call !== record.call)
        return
      default:
    }
  }

  #name(name: string): string {
    const known = this.#names.get(name)
    if (this.#names.size > MAX_NAMES) this.#names.clear()
    if (known === undefined) this.#names.set(name, name)
    return known ?? name
  }
}

/** The summary of an open run, for lists. */
function summaryOf({ run, status, text, submittedAt, owner, tasks }: IndexedRun): RunSummary {
  const asks = tasks.some(({ asked, decided }) => asked.length > decided.length)
  return { run, status: asks ? 'input-required' : status, text, submittedAt, owner }
}

/** The same text, without the longer one that it was cut from: the engine would keep that alive. */
function copyOf(text: string): string {
  return Buffer.from(text).toString()
}
