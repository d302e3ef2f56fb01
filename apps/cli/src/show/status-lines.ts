import { type DaemonStatus, statusSchema } from '@bailiwick/coordinator/daemon-status'
import { duration } from './format.ts'
import { wrapText } from './wrap-text.ts'

/**
 * Formats the status of a daemon for people.
 *
 * @param reply the daemon's reply to the `status` request
 * @param now Unix milliseconds
 */
export function statusLines(reply: unknown, { now, width }: { now: number; width: number }): string[] {
  const status = statusSchema.parse(reply)
  const { natsServer, model } = status
  return [
    `daemon ${status.pid}, version ${status.version}, ${status.memoryMb} MB${status.ephemeral ? ', for one run' : ''}`,
    `  data   ${status.dataDir}`,
    `  nats   ${status.url}${natsServer === undefined ? '' : ` (nats-server ${natsServer.version}, process ${natsServer.pid})`}`,
    `  model  ${model === undefined ? 'none' : `${model.name} (from ${model.source})`}`,
    `  tools  ${status.tools.join(', ') || 'none'}`,
    `  runs   ${status.workingRuns} working`,
    'processes',
    ...status.processes.flatMap((process) => processLines(process, now)),
    'agents',
    ...status.agents.map(agentLine),
  ].map((line) => wrapText(line, width))
}

function processLines(
  { name, state, pid, startedAt, adopted, restarts, lastDeath }: DaemonStatus['processes'][number],
  now: number,
): string[] {
  const parts = [
    state,
    pid === undefined ? '' : `process ${pid}`,
    startedAt === undefined ? '' : `up ${duration(now - startedAt)}`,
    adopted === true ? 'adopted' : '',
    restarts === 0 ? '' : `restarted ${restarts === 1 ? 'once' : `${restarts} times`}`,
  ]
  const line = `  ${name.padEnd(18)}  ${parts.filter((part) => part !== '').join(', ')}`
  if (state !== 'failed' || lastDeath === undefined) return [line]
  return [line, ...[lastDeath.reason, ...lastDeath.lines].map((text) => `    ${text}`)]
}

function agentLine({ name, level, hosts, description }: DaemonStatus['agents'][number]): string {
  const busy = hosts.reduce((sum, host) => sum + host.busy, 0)
  const counts = `${hosts.length} ${hosts.length === 1 ? 'host' : 'hosts'}, ${busy} ${busy === 1 ? 'task' : 'tasks'}`
  return `  ${name.padEnd(18)}  level ${level}, ${counts}: ${description}`
}
