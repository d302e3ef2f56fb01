import { type DaemonStatus, statusSchema } from '@bailiwick/coordinator/daemon-status'
import { duration } from './format.ts'
import { wrapText } from './wrap-text.ts'

const IDLE = 'on demand, starts with its next task'

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
    `  data   ${status.dataDir}${status.coordinator === undefined ? '' : ` (coordinator ${status.coordinator})`}`,
    `  nats   ${status.url}${natsServer === undefined ? '' : ` (${serverText(natsServer, now)})`}`,
    ...(natsServer === undefined || natsServer.state === 'running' ? [] : deathLines(natsServer)),
    `  model  ${model === undefined ? 'none' : `${model.name} (from ${model.source})`}`,
    `  tools  ${status.tools.join(', ') || 'none'}`,
    ...status.missingTools.map(
      ({ name, agents }) =>
        `  missing tool ${name}, which ${agents.join(', ')} asks for: no process hosts it`,
    ),
    `  runs   ${status.workingRuns} working`,
    ...status.others.map(
      ({ coordinator, pid, host, version, startedAt }) =>
        `  also   coordinator ${coordinator}, process ${pid} on ${host}, version ${version}, up ${duration(now - startedAt)}`,
    ),
    ...status.waits.map((what) => `  ${what}`),
    'processes',
    ...status.processes.flatMap((process) => processLines(process, now)),
    'agents',
    ...status.agents.flatMap((agent) => agentLines(agent, status.processes)),
  ].map((line) => wrapText(line, width))
}

type ProcessStatus = DaemonStatus['processes'][number]
type ServerStatus = NonNullable<DaemonStatus['natsServer']>

function serverText(server: ServerStatus, now: number): string {
  const { state, version, pid } = server
  if (state === 'running') return `nats-server ${version}, process ${pid}`
  return [`nats-server ${version}`, ...failureParts(server, now)].join(', ')
}

function processLines(status: ProcessStatus, now: number): string[] {
  const { name, state, pid, startedAt, adopted, restarts, replacing } = status
  const parts = [
    ...(state === 'failed' ? failureParts(status, now) : [state === 'idle' ? IDLE : state]),
    pid === undefined ? '' : `process ${pid}`,
    replacing === undefined ? '' : `being replaced: it ${replacing}`,
    startedAt === undefined ? '' : `up ${duration(now - startedAt)}`,
    adopted === true ? 'adopted' : '',
    restarts === 0 ? '' : `restarted ${restarts === 1 ? 'once' : `${restarts} times`}`,
  ]
  const line = `  ${name.padEnd(18)}  ${parts.filter((part) => part !== '').join(', ')}`
  return state === 'failed' ? [line, ...deathLines(status)] : [line]
}

/** For example `failed, died 7 times in a row soon after its start, next try in 12.8 s`. */
function failureParts(
  { state, quickDeaths, nextTryAt }: ServerStatus | ProcessStatus,
  now: number,
): string[] {
  return [
    state,
    quickDeaths < 2 ? '' : `died ${quickDeaths} times in a row soon after its start`,
    nextTryAt === undefined ? 'trying again now' : `next try in ${duration(nextTryAt - now)}`,
  ]
}

function deathLines({ lastDeath }: ServerStatus | ProcessStatus): string[] {
  return lastDeath === undefined ? [] : [lastDeath.reason, ...lastDeath.lines].map((text) => `    ${text}`)
}

function agentLines(
  { name, level, hosts, description }: DaemonStatus['agents'][number],
  processes: readonly ProcessStatus[],
): string[] {
  const busy = hosts.reduce((sum, host) => sum + host.busy, 0)
  const isOnDemand =
    hosts.length === 0 && processes.some(({ agent, state }) => agent === name && state === 'idle')
  const count = isOnDemand ? 'host on demand' : `${hosts.length} ${hosts.length === 1 ? 'host' : 'hosts'}`
  const old = hosts.filter(({ tooOld }) => tooOld)
  return [
    `  ${name.padEnd(18)}  level ${level}, ${count}, ${busy} ${busy === 1 ? 'task' : 'tasks'}: ${description}`,
    ...old.map(
      ({ host, pid, protocol }) => `    ${host} (process ${pid}) is too old: it speaks version ${protocol}`,
    ),
  ]
}
