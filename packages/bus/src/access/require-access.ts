import { RefusedError } from '@bailiwick/contract'
import type { Bus } from '../connect/bus.ts'
import { type FileKey, type FileOp, formatKey } from '../protocol/files.ts'
import { isNamedUser, isPromptReader, OPERATOR } from '../protocol/users.ts'
import { findEntry } from '../store/stored-files.ts'
import { readSubmission } from './read-submission.ts'
import { runOfTask } from './run-of-task.ts'

/** Forks of forks that are followed to find out whether a task may read a file. */
const MAX_FORKS = 20

/** A request for a file. The server has checked `caller` and `tool`; the rest is what the caller claims. */
export interface FileAccessRequest {
  op: FileOp
  key: FileKey
  caller: string
  /** The tool whose call the caller serves. */
  tool?: string | undefined
  /** The agent whose call it is. */
  agent?: string | undefined
  /** The open task for which the caller asks. */
  task?: string | undefined
}

/**
 * Checks a request against what the coordinator recorded: bells of open tasks, and submissions of runs.
 *
 * @throws RefusedError that does not tell whether the file exists
 */
export async function requireAccess(bus: Bus, request: FileAccessRequest): Promise<void> {
  const { op, key, caller } = request
  const problem = await problemOf(bus, request)
  if (problem !== undefined) {
    throw new RefusedError(`${caller} may not ${op} ${formatKey(key)}: ${problem}.`)
  }
}

function problemOf(bus: Bus, request: FileAccessRequest): string | undefined | Promise<string | undefined> {
  const { caller, tool } = request
  if (tool !== undefined) return problemOfToolHost(bus, request, tool)
  if (caller === OPERATOR || isNamedUser(caller)) return problemOfUser(bus, request)
  if (isPromptReader(caller)) return problemOfReader(request)
  return problemOfHost(bus, request)
}

/** A process that serves a tool sees the arguments and results of this tool, while the caller's task is open. */
async function problemOfToolHost(
  bus: Bus,
  { op, key, agent, task }: FileAccessRequest,
  tool: string,
): Promise<string | undefined> {
  if (key.kind !== 'call' || key.owner !== tool) return `expected a file of a call of ${tool}`
  if (agent === undefined || task === undefined) return 'expected the agent and the task of the call'
  const run = await runOfTask(bus, { writer: agent, task })
  if (run !== key.scope) return `expected a file of the call's run, for a task of ${agent} that is open`
  return op === 'remove' && (await isComplete(bus, key)) ? 'the file is complete' : undefined
}

async function problemOfUser(bus: Bus, { op, key, caller }: FileAccessRequest): Promise<string | undefined> {
  const isOperator = caller === OPERATOR
  if (op === 'read') {
    if (isOperator) return undefined
    if (key.kind === 'reply') return key.scope === caller ? undefined : 'expected a reply to this user'
    if (key.kind !== 'file') return 'expected a file of one of your runs'
    const owner = (await readSubmission(bus, key.scope))?.owner
    const isOwn = owner === caller || (owner === undefined && key.owner === caller)
    return isOwn ? undefined : 'expected a file of one of your runs'
  }
  if (key.kind !== 'file' || key.owner !== caller) return `expected a file that ${caller} uploads`
  const owner = (await readSubmission(bus, key.scope))?.owner
  if (owner !== undefined && owner !== caller && !isOperator) return 'expected a file of one of your runs'
  const isUsed = op === 'remove' && owner !== undefined && (await isComplete(bus, key))
  return isUsed ? 'the run is submitted, so only a purge deletes its files' : undefined
}

function problemOfReader({ op, key }: FileAccessRequest): string | undefined {
  return op === 'read' && key.kind === 'record' ? undefined : 'a reader only reads records'
}

/** A host sees the files of the runs of its open tasks, and of the runs that these were forked from. */
async function problemOfHost(
  bus: Bus,
  { op, key, caller, task }: FileAccessRequest,
): Promise<string | undefined> {
  if (key.kind === 'reply') {
    return op === 'read' && key.scope === caller ? undefined : 'expected a reply to this agent'
  }
  if (task === undefined) return `expected an open task of ${caller}, found none in the request`
  const run = await runOfTask(bus, { writer: caller, task })
  if (run === undefined) return `${caller} has no task ${task} that waits or is at work`
  if (key.kind === 'record' && key.owner !== caller) return `expected records of ${caller}`
  if (op !== 'read') {
    if (key.kind === 'file') return 'hosts write no files; the tool writeArtifact does'
    if (key.scope !== run) return `expected a file of run ${run}, to which task ${task} belongs`
    return op === 'remove' && (await isComplete(bus, key)) ? 'the file is complete' : undefined
  }
  if (key.scope === run) return undefined
  const isForked = key.kind === 'file' && (await sourcesOf(bus, run)).includes(key.scope)
  return isForked ? undefined : `expected a file of run ${run}, to which task ${task} belongs`
}

/** The runs from which a run was forked. A fork uses their files. */
export async function sourcesOf(bus: Bus, run: string): Promise<string[]> {
  const sources: string[] = []
  for (let next: string | undefined = run; sources.length < MAX_FORKS; ) {
    next = (await readSubmission(bus, next))?.fork?.run
    if (next === undefined) return sources
    sources.push(next)
  }
  return sources
}

async function isComplete(bus: Bus, key: FileKey): Promise<boolean> {
  return (await findEntry(bus, key)) !== undefined
}
