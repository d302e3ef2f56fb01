import { type AgentPresence, OLDEST_HOST_PROTOCOL, presenceSchema } from '@bailiwick/bus'
import type { AgentCard } from '@bailiwick/contract'
import { describe, expect, it } from 'vitest'
import { memberSchema } from '../config/config-schema.ts'
import { isTooOld, Team } from './team.ts'

const card = { name: 'worker', description: 'x', level: 0 } as AgentCard
const worker = { card, ownTools: [], member: memberSchema.parse({ agent: './worker.mjs' }) }
const host = { card, host: 'worker-1', pid: 1, slots: 1, busy: 0, startedAt: 0, at: 0, held: {}, protocol: 2 }

const whole: AgentCard = { ...card, tools: [], delegates: [], imports: [] }

/** A team of one agent, and whether a task that waits for its hosts counts as lost. */
function teamOfOne() {
  const team = new Team({ specialists: [worker] })
  const needed: string[] = []
  team.onNeeded((agent) => needed.push(agent))
  const isLost = async (waiting: Promise<string>) =>
    Promise.race([waiting, new Promise((resolve) => setImmediate(() => resolve(false)))])
  return { team, needed, isLost }
}
const signal = new AbortController().signal

describe('hosts of other versions', () => {
  it('are named if they are too old, with each heartbeat', () => {
    const { team } = teamOfOne()
    const tooOld: string[] = []
    team.onTooOld(({ host }) => tooOld.push(host))
    team.present = [host, { ...host, host: 'worker-old', protocol: OLDEST_HOST_PROTOCOL - 1 }]
    team.present = [...team.present]
    expect(tooOld).toEqual(['worker-old', 'worker-old'])
  })

  it('work if they are of the version before, which announced none', () => {
    const { protocol: _, ...before } = host
    expect(isTooOld(presenceSchema.parse({ ...before, card: whole }))).toBe(false)
  })
})

describe('asksPeople', () => {
  const agent = (name: string, card: Partial<AgentCard>, wanted: object = {}) => ({
    card: { ...whole, name, ...card },
    ownTools: [],
    member: memberSchema.parse({ agent: name, ...wanted }),
  })
  const team = new Team({
    specialists: [
      agent('free', {}),
      agent('careful', { approval: 'risky' }),
      agent('watched', {}, { approval: 'always' }),
      agent('lifted', { approval: 'always' }, { approval: 'never' }),
      agent('boss', { delegates: ['free', 'lead'] }),
      agent('lead', { delegates: ['careful'] }),
      agent('one', { delegates: ['other', 'free'] }),
      agent('other', { delegates: ['one'] }),
      agent('asker', { delegates: ['askee'] }),
      agent('askee', { delegates: ['asker'], approval: 'always' }),
      agent('hopeful', { delegates: ['nobody'] }),
    ],
  })

  it.each([
    ['free', false],
    ['careful', true],
    ['watched', true],
    // The operator cannot lift what the definition asks for.
    ['lifted', true],
    ['boss', true],
    ['lead', true],
    ['one', false],
    ['other', false],
    ['asker', true],
    ['askee', true],
    ['hopeful', false],
    ['nobody', false],
  ])('%s: %s', (name, asks) => {
    expect(team.asksPeople(name)).toBe(asks)
  })
})

describe('untilLost', () => {
  it('ends when all hosts of the agent keep dying', async () => {
    const { team, needed, isLost } = teamOfOne()
    const waiting = team.untilLost('worker', signal)
    expect(await isLost(waiting)).toBe(false)
    team.hostsFailed('worker', 'no licence')
    expect(await isLost(waiting)).toBe('no licence')
    expect(needed).toEqual([])
  })

  it('gives the hosts another try if they already keep dying', async () => {
    const { team, needed, isLost } = teamOfOne()
    team.hostsFailed('worker', 'no licence')
    const waiting = team.untilLost('worker', signal)
    expect(needed).toEqual(['worker'])
    expect(await isLost(waiting)).toBe(false)
    team.hostsFailed('worker', 'still no licence')
    expect(await isLost(waiting)).toBe('still no licence')
  })

  it('does not end as long as another host of the agent is present', async () => {
    const { team, isLost } = teamOfOne()
    team.present = [host satisfies AgentPresence]
    const waiting = team.untilLost('worker', signal)
    team.hostsFailed('worker', 'no licence')
    expect(await isLost(waiting)).toBe(false)
    team.markDead('worker-1')
    expect(await isLost(waiting)).toBe('no licence')
  })

  it('waits for the next failures after a host has stayed up', async () => {
    const { team, needed, isLost } = teamOfOne()
    team.hostsFailed('worker', 'no licence')
    team.hostsRecovered('worker')
    const waiting = team.untilLost('worker', signal)
    expect(await isLost(waiting)).toBe(false)
    expect(needed).toEqual([])
  })
})
