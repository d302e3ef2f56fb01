import { connect } from '@nats-io/transport-node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RoleGrant, requestDelegation, SUBJECTS, userName } from '../../src/index.ts'
import { until } from '../test-bus.ts'
import { FORBIDDEN_TO_ALL, FORBIDDEN_TO_PUBLISH, FORBIDDEN_TO_SUBSCRIBE } from './attempts.ts'
import { ANALYST, type HostileBed, type Intruder, openHostileBed } from './hostile-bed.ts'

const OTHERS: readonly RoleGrant[] = [
  { role: 'tool-host', name: 'geography', tools: ['population'] },
  { role: 'toolbox', tools: ['readFile'] },
  { role: 'reader' },
  { role: 'reader', name: 'prompts-seen', prompts: true },
  { role: 'user' },
  { role: 'user', name: 'bob' },
]

let bed: HostileBed
let before: string
/** Refusals that the server reports: `<user> <action> <subject>`. */
const seen = new Set<string>()
const ended = new AbortController()

beforeAll(async () => {
  bed = await openHostileBed()
  let isFollowing = false
  void (async () => {
    for await (const { refused } of bed.test.server.refusals(ended.signal)) {
      isFollowing = true
      for (const { user, action, subject } of refused) seen.add(`${user} ${action} ${subject}`)
    }
  })()
  // Repeated, because only refusals after the log is open are reported.
  const { url } = bed.test.server
  while (!isFollowing) await connect({ servers: url, reconnect: false }).catch(() => {})
  before = await everything()
})
afterAll(async () => {
  ended.abort()
  await bed?.[Symbol.asyncDispose]()
})

/** All streams and consumers, and their numbers of messages. */
async function everything(): Promise<string> {
  const { jsm } = bed.test.bus
  const found: unknown[] = []
  for await (const { config, state } of jsm.streams.list()) {
    const consumers: unknown[] = []
    for await (const { name, config: own } of jsm.consumers.list(config.name)) consumers.push([name, own])
    found.push([config, state.messages, state.last_seq, consumers])
  }
  return JSON.stringify(found)
}

describe('a hostile host', () => {
  it.each(FORBIDDEN_TO_PUBLISH)('cannot publish: %s', async (_, subject) => {
    expect(await bed.evil.publishes(subject)).toContain('Permissions Violation for Publish')
  })

  it.each(FORBIDDEN_TO_SUBSCRIBE)('cannot subscribe to: %s', async (_, subject) => {
    expect(await bed.evil.subscribes(subject)).toContain('Permissions Violation for Subscription')
  })

  it('is reported with its name for each attempt', async () => {
    const wanted = [
      ...FORBIDDEN_TO_PUBLISH.map(([, subject]) => `analyst publish ${subject}`),
      ...FORBIDDEN_TO_SUBSCRIBE.map(([, subject]) => `analyst subscribe ${subject}`),
    ]
    const missing = () => wanted.filter((one) => !seen.has(one))
    await until(() => missing().length === 0, 'the last refusal').catch(() => {})
    expect(missing()).toEqual([])
  })

  it('has changed nothing', async () => {
    expect(await everything()).toBe(before)
  })
})

describe.each(OTHERS.map((grant) => [userName(grant), grant] as const))(
  'a user with the rights of %s',
  (name, grant) => {
    let intruder: Intruder
    beforeAll(async () => {
      intruder = await bed.intrudeAs(grant)
    })

    it('cannot do what only the coordinator may do, is reported, and changes nothing', async () => {
      const taken: string[] = []
      for (const [what, subject] of FORBIDDEN_TO_ALL)
        if (!(await intruder.publishes(subject)).includes('Permissions Violation for Publish'))
          taken.push(what)
      for (const subject of [
        '>',
        'bailiwick.v1.control.>',
        'bailiwick.v1.tool.echo.*',
        '_INBOX.analyst.>',
        '$JS.>',
      ])
        if (!(await intruder.subscribes(subject)).includes('Permissions Violation for Subscription'))
          taken.push(subject)
      expect(taken).toEqual([])
      const missing = () => FORBIDDEN_TO_ALL.filter(([, subject]) => !seen.has(`${name} publish ${subject}`))
      await until(() => missing().length === 0, 'the last refusal').catch(() => {})
      expect(missing()).toEqual([])
      expect(await everything()).toBe(before)
    })
  },
)

describe('a request for a delegate', () => {
  const request = { call: '1.1', key: 'k', run: 'r1', task: 'r1-a', target: 'writer', text: 'write' }

  it.each([0, 1, 2, 3, 4, 5] as const)('from a host of level %i arrives only from level 4', async (level) => {
    const bus = await bed.connectAs({ ...ANALYST, level })
    const { connection } = bed.test.bus
    const heard = Promise.withResolvers<string>()
    const served = connection.subscribe(SUBJECTS.delegate('*'), {
      callback: (_, { subject }) => heard.resolve(subject),
    })
    await connection.flush()
    const given = new AbortController()
    const asked = requestDelegation(bus, 'analyst', request, given.signal)
    const refused = expect(asked).rejects.toMatchObject(
      level < 4 ? { code: 'bus-forbidden' } : { name: 'AbortError' },
    )
    if (level >= 4) {
      expect(await heard.promise).toBe(SUBJECTS.delegate('analyst'))
      given.abort()
    }
    await refused
    served.unsubscribe()
  })
})
