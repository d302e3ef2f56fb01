import type { RegisteredTool } from '@bailiwick/bus'
import type { ToolCard } from '@bailiwick/contract'
import { describe, expect, it } from 'vitest'
import { memberSchema } from '../config/config-schema.ts'
import { Team } from './team.ts'

const toolCard = (name: string): ToolCard => ({ name, description: 'x', input: {}, effect: 'none' })
const registered = (name: string): RegisteredTool => ({ card: toolCard(name), host: 'somewhere', at: 0 })

/** A team of an analyst that asks for these tools, and a clerk that hosts `stamp`. */
function teamOf(tools: string[], toolsWaitMs?: number, onDemand = false) {
  const notes: string[] = []
  const card = { description: 'x', level: 5 as const, delegates: [], imports: [] }
  const team = new Team({
    specialists: [
      {
        card: { ...card, name: 'analyst', tools },
        ownTools: [],
        member: memberSchema.parse({ agent: 'analyst' }),
      },
      {
        card: { ...card, name: 'clerk', tools: ['stamp'] },
        ownTools: [toolCard('stamp')],
        member: memberSchema.parse({ agent: 'clerk' }),
        onDemand,
      },
    ],
    note: (line) => notes.push(line),
    ...(toolsWaitMs !== undefined && { toolsWaitMs }),
  })
  return { team, notes }
}

const { signal } = new AbortController()
const LONG = 3_600_000

describe('the grant of a task', () => {
  it('does not wait for a tool that no process of the team hosts, and tells the operator once', async () => {
    const { team, notes } = teamOf(['population'], LONG)
    for (let n = 0; n < 50; n++) {
      expect(await team.grant('analyst', {}, signal)).toMatchObject({ tools: [], missing: ['population'] })
    }
    expect(notes).toEqual([
      expect.stringMatching(/^analyst asks for the tool population, and no process hosts it/),
    ])
    expect(team.missingTools()).toEqual([{ name: 'population', agents: ['analyst'] }])
    team.registered = [registered('population')]
    expect((await team.grant('analyst', {}, signal)).tools.map(({ name }) => name)).toEqual(['population'])
    expect(team.missingTools()).toEqual([])
    team.registered = []
    team.noteMissingTools()
    expect(notes).toHaveLength(2)
  })

  it.each(['readFile', 'stamp'])('waits for %s, whose host in the team is still starting', async (name) => {
    const { team, notes } = teamOf([name], LONG)
    team.noteMissingTools()
    expect(team.missingTools()).toEqual([])
    const granted = team.grant('analyst', {}, signal)
    team.registered = [registered('other')]
    team.registered = [registered(name)]
    expect((await granted).tools.map((tool) => tool.name)).toEqual([name])
    expect(notes).toEqual([])
  })

  it('has a tool whose host runs on demand, and starts that host, until it keeps dying', async () => {
    const { team } = teamOf(['stamp'], 0, true)
    const needed: string[] = []
    team.onNeeded((agent, why) => needed.push(`${agent} ${why}`))
    const { tools, missing } = await team.grant('analyst', {}, signal)
    expect({ tools, missing, needed }).toEqual({
      tools: [{ ...toolCard('stamp'), signs: true }],
      missing: undefined,
      needed: ['clerk tools'],
    })
    expect(team.missingTools()).toEqual([])
    // Its own tools need no other host.
    await team.grant('clerk', {}, signal)
    expect(needed).toHaveLength(1)
    team.hostsFailed('clerk', 'no licence')
    expect((await team.grant('analyst', {}, signal)).missing).toEqual(['stamp'])
    team.hostsRecovered('clerk')
    expect((await team.grant('analyst', {}, signal)).missing).toBeUndefined()
  })

  it('stops waiting for the rest of the day when the host of a tool did not start in time', async () => {
    const { team, notes } = teamOf(['readFile', 'stamp'], 0)
    for (let n = 0; n < 50; n++) {
      expect((await team.grant('analyst', {}, signal)).missing).toEqual(['readFile', 'stamp'])
    }
    expect(notes).toHaveLength(2)
    expect(team.missingTools().map(({ name }) => name)).toEqual(['readFile', 'stamp'])
  })

  it('can be aborted while it waits', async () => {
    const { team } = teamOf(['readFile'], LONG)
    const controller = new AbortController()
    const granted = team.grant('analyst', {}, controller.signal)
    controller.abort(new Error('enough'))
    await expect(granted).rejects.toThrow('enough')
  })
})
