import { spawnSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Bus, type CloudEvent, eventName, followEvents, requestRun } from '@bailiwick/bus'
import { findDaemon } from '@bailiwick/coordinator/config/daemon-address'
import { type DaemonStatus, statusSchema } from '@bailiwick/coordinator/daemon-status'
import { connectTo } from '../daemon/use-daemon.ts'

/** What the saboteur killed, and the effects that it observed in spite of that. */
export interface Sabotage {
  killed: string[]
  /** Number of calls that change something, and of their outcomes. */
  effects: { calls: number; outcomes: number }
}

type Victim = { name: string; pid: number }

/** The victims, in this order: one when a step starts its code or makes a call that changes something. */
const VICTIMS = [hostAndSandbox, natsServer, daemon]

/**
 * Kills the processes that a run needs, one after the other: a host with its sandbox, nats-server, the daemon. Resolves
 * when the run has ended.
 */
export async function sabotage(
  dataDir: string,
  note: (line: string) => void,
  signal: AbortSignal,
): Promise<Sabotage> {
  const address = await daemonOf(dataDir, signal)
  const killed: string[] = []
  let acts = 0
  const started = new Set<string>()
  const outcomes: string[] = []
  const bus = await connectTo(address)
  try {
    for await (const { event } of followEvents(bus, { from: 'beginning', signal })) {
      const name = eventName(event.type)
      if (name === 'run.ended') break
      const id = `${event.task} ${String(event.data.call)}`
      if (name === 'call.ended' && started.has(id)) outcomes.push(id)
      if (name === 'call.started') started.add(id)
      else if (name !== 'step.started') continue
      const act = name === 'step.started' ? `step ${event.data.step}` : String(event.data.name)
      const victims = (await VICTIMS[acts]?.(bus, event, dataDir)) ?? []
      if (victims.length > 0) acts += 1
      // Stop all of them first. A host that outlives its sandbox would report a crashed step to its model.
      for (const { pid } of victims.toReversed()) signalTo(pid, 'SIGSTOP')
      for (const { name, pid } of victims.filter(({ pid }) => signalTo(pid, 'SIGKILL'))) {
        killed.push(name)
        note(`sabotage: killed ${name} (process ${pid}) at ${event.agent}'s ${act}`)
      }
    }
  } finally {
    await bus.close()
  }
  return { killed, effects: { calls: started.size, outcomes: outcomes.length } }
}

async function hostAndSandbox(bus: Bus, { agent }: CloudEvent): Promise<Victim[]> {
  const hosts = (await status(bus)).agents.find(({ name }) => name === agent)?.hosts ?? []
  const host = hosts.find(({ busy }) => busy > 0) ?? hosts[0]
  if (host === undefined) return []
  const sandboxes = descendants(host.pid).map((pid) => ({ name: `a sandbox of ${agent}`, pid }))
  return [...sandboxes.slice(0, 1), { name: `a host of ${agent}`, pid: host.pid }]
}

async function natsServer(bus: Bus): Promise<Victim[]> {
  const { natsServer } = await status(bus)
  return natsServer === undefined ? [] : [{ name: 'nats-server', pid: natsServer.pid }]
}

async function daemon(_bus: Bus, _event: CloudEvent, dataDir: string): Promise<Victim[]> {
  const found = findDaemon(dataDir)
  return found === undefined ? [] : [{ name: 'the daemon', pid: found.pid }]
}

async function status(bus: Bus): Promise<DaemonStatus> {
  return statusSchema.parse(await requestRun(bus, 'status', {}))
}

/** Waits for the daemon that the command is starting. */
async function daemonOf(dataDir: string, signal: AbortSignal) {
  for (;;) {
    const found = findDaemon(dataDir)
    if (found !== undefined) return found
    await sleep(20, undefined, { signal })
  }
}

/** Lists the processes below one, nearest first. Empty without `ps`; those processes die with their parent. */
function descendants(pid: number): number[] {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
  const rows = (stdout ?? '').split('\n').map((line) => line.trim().split(/\s+/).map(Number))
  const found = [pid]
  for (const parent of found) {
    for (const [child = 0, above] of rows) if (above === parent) found.push(child)
  }
  return found.slice(1)
}

/** Returns false if the process has already ended. */
function signalTo(pid: number, name: 'SIGSTOP' | 'SIGKILL'): boolean {
  try {
    return process.kill(pid, name)
  } catch {
    return false
  }
}
