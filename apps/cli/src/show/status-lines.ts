import { statusSchema } from '@bailiwick/coordinator/daemon-status'
import { duration } from './format.ts'

/** What a daemon says of itself, for people. */
export function statusLines(answer: unknown, now = Date.now()): string[] {
  const status = statusSchema.parse(answer)
  const { natsServer, model } = status
  return [
    `daemon ${status.pid}, version ${status.version}, ${status.memoryMb} MB${status.ephemeral ? ', for one command' : ''}`,
    `  data     ${status.dataDir}`,
    `  nats     ${status.url}${natsServer === undefined ? '' : ` (nats-server ${natsServer.version}, process ${natsServer.pid})`}`,
    `  model    ${model === undefined ? 'none' : `${model.name} (from ${model.source})`}`,
    `  tools    ${status.tools.join(', ') || 'none'}`,
    `  runs     ${status.workingRuns} at work`,
    'processes',
    ...status.processes.flatMap(({ name, state, pid, startedAt, adopted, restarts, lastDeath }) => [
      `  ${name.padEnd(18)} ${state}${pid === undefined ? '' : `, process ${pid}`}${startedAt === undefined ? '' : `, up ${duration(now - startedAt)}`}${adopted === true ? ', adopted' : ''}${restarts > 0 ? `, started again ${restarts === 1 ? 'once' : `${restarts} times`}` : ''}`,
      ...(state === 'failed' && lastDeath !== undefined
        ? [`    ${lastDeath.reason}`, ...lastDeath.lines.map((line) => `    ${line}`)]
        : []),
    ]),
    'agents',
    ...status.agents.map(({ name, level, hosts, description }) => {
      const busy = hosts.reduce((sum, host) => sum + host.busy, 0)
      return `  ${name.padEnd(18)} level ${level}, ${hosts.length} ${hosts.length === 1 ? 'host' : 'hosts'}, ${busy} ${busy === 1 ? 'task' : 'tasks'} at work: ${description}`
    }),
  ]
}
