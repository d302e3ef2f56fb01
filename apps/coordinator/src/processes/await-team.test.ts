import type { AgentPresence, RegisteredTool } from '@bailiwick/bus'
import type { AgentCard } from '@bailiwick/contract'
import { TOOLBOX_TOOLS } from '@bailiwick/tools/names'
import { describe, expect, it } from 'vitest'
import { awaitTeam } from './await-team.ts'
import type { HostReport } from './hosts.ts'

const STARTED_AT = 1_000
const toolbox: HostReport = {
  name: 'toolbox',
  state: 'running',
  pid: 10,
  startedAt: STARTED_AT,
  restarts: 0,
  quickDeaths: 0,
}
const host: HostReport = {
  name: 'agent-analyst-1',
  agent: 'analyst',
  state: 'running',
  pid: 11,
  startedAt: STARTED_AT,
  restarts: 0,
  quickDeaths: 0,
}
const present = (name: string, pid: number): AgentPresence => ({
  card: { name } as AgentCard,
  host: `${name}-${pid}`,
  pid,
  slots: 1,
  busy: 0,
  startedAt: 0,
  protocol: 2,
  at: 0,
  held: {},
})
const toolsOf = (owner: string, at: number): RegisteredTool[] =>
  TOOLBOX_TOOLS.map((name) => ({
    card: { name, description: 'x', input: {}, effect: 'none' },
    host: owner,
    at,
  }))

interface Situation {
  reports: HostReport[]
  hosts?: AgentPresence[]
  tools?: RegisteredTool[]
}

async function wait({ reports, hosts = [], tools = [] }: Situation, signal = new AbortController().signal) {
  const notes: string[] = []
  const missing = await awaitTeam({
    team: { present: hosts, registered: tools },
    hosts: { report: () => reports, output: (name) => [`output of ${name}`] },
    note: (line) => notes.push(line),
    signal,
    maxMs: 1,
  })
  return { missing, notes }
}

describe('awaitTeam', () => {
  it('returns once every process has announced itself', async () => {
    const hosts = [present('analyst', 11)]
    const tools = toolsOf('toolbox', STARTED_AT + 1)
    expect(await wait({ reports: [toolbox, host], hosts, tools })).toEqual({ missing: [], notes: [] })
  })

  it.each<[string, Situation, string]>([
    ['of another process', { reports: [host], hosts: [present('analyst', 12)] }, 'agent-analyst-1'],
    ['of another agent', { reports: [host], hosts: [present('writer', 11)] }, 'agent-analyst-1'],
    ['of an earlier toolbox', { reports: [toolbox], tools: toolsOf('toolbox', STARTED_AT - 1) }, 'toolbox'],
    ['of another tool host', { reports: [toolbox], tools: toolsOf('other', STARTED_AT + 1) }, 'toolbox'],
  ])('ignores the announcement %s, and reports the process after the limit', async (_, situation, name) => {
    expect(await wait(situation)).toEqual({
      missing: [name],
      notes: [`${name} has not started within 0.001 s. Its last output:\n    output of ${name}`],
    })
  })

  it('does not wait for a process that keeps dying', async () => {
    const failed: HostReport = {
      name: 'agent-writer-1',
      agent: 'writer',
      state: 'failed',
      restarts: 3,
      quickDeaths: 4,
    }
    const hosts = [present('analyst', 11)]
    expect(await wait({ reports: [host, failed], hosts })).toEqual({ missing: ['agent-writer-1'], notes: [] })
  })

  it('fails with the last output of each host if all hosts keep dying', async () => {
    const lastDeath = { reason: 'exited with 1', lines: ['no licence'] }
    const failed: HostReport = {
      name: 'agent-writer-1',
      agent: 'writer',
      state: 'failed',
      restarts: 3,
      quickDeaths: 4,
      lastDeath,
    }
    await expect(wait({ reports: [toolbox, failed] })).rejects.toThrow(
      'No agent host started. agent-writer-1 exited with 1\n    no licence',
    )
  })

  it('stops waiting when its signal aborts', async () => {
    const reason = new Error('SIGTERM')
    await expect(wait({ reports: [host] }, AbortSignal.abort(reason))).rejects.toBe(reason)
  })
})
