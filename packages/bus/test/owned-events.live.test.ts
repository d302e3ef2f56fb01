import { type JournalRecord, NO_USAGE } from '@bailiwick/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  followEvents,
  followLive,
  namedUser,
  openJournal,
  projectJournal,
  publishLive,
  type RoleGrant,
  SUBJECTS,
} from '../src/index.ts'
import { type HostileBed, type Intruder, openHostileBed } from './hostile/hostile-bed.ts'
import { created, planned, take, until } from './test-bus.ts'

const ALICE: RoleGrant = { role: 'user', name: 'alice' }
const [alice, bob] = [namedUser('alice'), namedUser('bob')]

let bed: HostileBed
let intruder: Intruder
beforeAll(async () => {
  bed = await openHostileBed()
  intruder = await bed.intrudeAs(ALICE)
  for (const [run, owner] of [
    ['ra', alice],
    ['rb', bob],
    ['ro', 'user'],
  ] as const) {
    await openJournal(bed.test.bus, { writer: 'coordinator', run, task: 'run' }).append([
      submitted(run, owner),
    ])
    // Not the owner: the record comes from a host, and the projection must not believe it.
    const first = created({ run, task: `${run}-t1`, agent: 'writer' }, { owner: bob })
    await openJournal(bed.writer, { writer: 'writer', run, task: `${run}-t1` }).append([first])
  }
  await projectUntil(
    `bailiwick.v1.event.task.created.${alice}.ra`,
    `bailiwick.v1.event.task.created.${bob}.rb`,
    'bailiwick.v1.event.task.created.user.ro',
  )
})
afterAll(() => bed?.[Symbol.asyncDispose]())

function submitted(run: string, owner: string): JournalRecord {
  const fields = { text: 'x', inputs: [], strategy: 'direct' as const, budget: {} }
  return { type: 'run.submitted', at: 0, run, owner, ...fields }
}

const subjectsOf = async () => {
  const { state } = await bed.test.bus.jsm.streams.info('EVENT', { subjects_filter: '>' })
  return Object.keys(state.subjects ?? {})
}

/** Runs the projection until there are events of these subjects. Those of one run come in the order of its journals. */
async function projectUntil(...subjects: string[]): Promise<void> {
  const stop = new AbortController()
  const projecting = projectJournal(bed.test.bus, stop.signal)
  try {
    await until(
      async () => {
        const seen = await subjectsOf()
        return subjects.every((subject) => seen.includes(subject))
      },
      `events of ${subjects.join(', ')}`,
    )
  } finally {
    stop.abort()
    await projecting
  }
}

describe('the owner in the subject of an event', () => {
  it('is the user who submitted the run, whatever a host writes', async () => {
    const subjects = await subjectsOf()
    expect(subjects).toContain(`bailiwick.v1.event.run.submitted.${alice}.ra`)
    expect(subjects).toContain(`bailiwick.v1.event.task.created.${alice}.ra`)
    expect(subjects).toContain(`bailiwick.v1.event.task.created.${bob}.rb`)
    expect(subjects).toContain('bailiwick.v1.event.task.created.user.ro')
  })

  it('is known after the projection resumes in the middle of a run', async () => {
    await openJournal(bed.writer, { writer: 'writer', run: 'ra', task: 'ra-t2' }).append([
      created({ run: 'ra', task: 'ra-t2', agent: 'writer' }),
      { type: 'task.ended', at: 1, status: 'completed', usage: NO_USAGE, artifacts: [] },
    ])
    await projectUntil(`bailiwick.v1.event.task.ended.${alice}.ra`)
    expect((await subjectsOf()).filter((subject) => subject.includes('.task.ended.'))).toHaveLength(1)
  })

  it('is the coordinator before the run is submitted, and for runs without an owner', async () => {
    await openJournal(bed.writer, { writer: 'writer', run: 'rc', task: 'early' }).append([planned('early')])
    await openJournal(bed.test.bus, { writer: 'coordinator', run: 'rc', task: 'run' }).append([
      submitted('rc', alice),
    ])
    await openJournal(bed.writer, { writer: 'writer', run: 'rc', task: 'late' }).append([planned('late')])
    const refused = { user: 'x', action: 'publish' as const, subjects: ['y'], count: 1, atLeast: false }
    await openJournal(bed.test.bus, { writer: 'coordinator', run: 'access', task: 'run' }).append([
      { type: 'access.refused', at: 0, ...refused },
    ])
    await projectUntil(
      `bailiwick.v1.event.task.planned.${alice}.rc`,
      'bailiwick.v1.event.access.refused.coordinator.access',
    )
    const subjects = await subjectsOf()
    expect(subjects.filter((subject) => subject.endsWith('.rc')).sort()).toEqual([
      'bailiwick.v1.event.run.submitted.user-alice.rc',
      'bailiwick.v1.event.task.planned.coordinator.rc',
      'bailiwick.v1.event.task.planned.user-alice.rc',
    ])
  })
})

describe('a named user', () => {
  it('follows the events and live texts of its own runs only', async () => {
    const user = await bed.connectAs(ALICE)
    const seen = await take(followEvents(user, { from: 'beginning' }), 2)
    expect(seen.map(({ event }) => [event.owner, event.run])).toEqual([
      [alice, 'ra'],
      [alice, 'ra'],
    ])
    const live = take(followLive(user), 1)
    await user.connection.flush()
    for (const [owner, run] of [
      [bob, 'rb'],
      [alice, 'ra'],
    ] as const) {
      const from = { agent: 'writer', run, task: `${run}-t1` }
      publishLive(bed.writer, { owner, ...from }, { type: 'text', ...from, level: 5, step: 1, text: run })
    }
    expect(await live).toMatchObject([{ owner: alice, run: 'ra', event: { text: 'ra' } }])
  })

  it.each([
    ["another user's events", SUBJECTS.event('*', '*', bob, '*')],
    ["one of another user's runs", SUBJECTS.event('*', '*', '*', 'rb')],
    ['all events', 'bailiwick.v1.event.>'],
    ["another user's live texts", SUBJECTS.live(bob, '*', '*', '*')],
    ['all live texts', 'bailiwick.v1.live.>'],
    ['live texts of another user’s run', SUBJECTS.live('*', '*', 'rb', '*')],
    ['the coordinator’s events', SUBJECTS.event('*', '*', 'coordinator', '*')],
  ])('cannot subscribe to %s', async (_, subject) => {
    expect(await intruder.subscribes(subject)).toContain('Permissions Violation')
  })

  it.each([
    ['a consumer of another user', `$JS.API.CONSUMER.CREATE.EVENT.x.${SUBJECTS.event('*', '*', bob, '*')}`],
    ['a consumer of everybody', `$JS.API.CONSUMER.CREATE.EVENT.x.${SUBJECTS.event('*', '*', '*', '*')}`],
    ['a consumer of everything below', '$JS.API.CONSUMER.CREATE.EVENT.x.bailiwick.v1.event.>'],
    ['a consumer without a filter', '$JS.API.CONSUMER.CREATE.EVENT.x'],
    ['a consumer without a name', '$JS.API.CONSUMER.CREATE.EVENT'],
    ['a durable consumer, with the older request', '$JS.API.CONSUMER.DURABLE.CREATE.EVENT.x'],
    ['reading one message', '$JS.API.STREAM.MSG.GET.EVENT'],
    ['a direct get', '$JS.API.DIRECT.GET.EVENT'],
    ['a direct get by subject', `$JS.API.DIRECT.GET.EVENT.${SUBJECTS.event('run', 'ended', bob, 'rb')}`],
    ['the subjects of the stream', '$JS.API.STREAM.INFO.EVENT'],
    ['the names of its consumers', '$JS.API.CONSUMER.NAMES.EVENT'],
    ['a list of its consumers', '$JS.API.CONSUMER.LIST.EVENT'],
    ['an event of its own', SUBJECTS.event('run', 'ended', alice, 'ra')],
    ['a live text', SUBJECTS.live(alice, 'writer', 'ra', 'ra-t1')],
    ['a copy of the stream', '$JS.API.STREAM.SNAPSHOT.EVENT'],
    ['a stream that mirrors it', '$JS.API.STREAM.CREATE.MINE'],
  ])('is refused %s', async (_, subject) => {
    expect(await intruder.publishes(subject, '{}')).toContain('Permissions Violation')
  })

  it('gets no other events from a consumer whose payload differs from its subject', async () => {
    const own = SUBJECTS.event('*', '*', alice, '*')
    const other = SUBJECTS.event('*', '*', bob, '*')
    for (const filter of [
      { filter_subject: other },
      { filter_subjects: [own, other] },
      { filter_subjects: [other] },
      { filter_subject: own, filter_subjects: [other] },
      {},
    ]) {
      const config = { name: 'spy', ack_policy: 'none', deliver_policy: 'all', ...filter }
      const reply = await intruder.connection.request(
        `$JS.API.CONSUMER.CREATE.EVENT.spy.${own}`,
        JSON.stringify({ stream_name: 'EVENT', config, action: 'create' }),
      )
      const { error, config: made } = reply.json<{ error?: object; config?: { filter_subject: string } }>()
      expect(error !== undefined || made?.filter_subject === own, JSON.stringify(filter)).toBe(true)
    }
  })
})

it.each([
  ['the operator', { role: 'user' }],
  ['a reader', { role: 'reader' }],
] as const)('%s follows the events of all runs', async (_, grant) => {
  const bus = await bed.connectAs(grant)
  const seen = await take(followEvents(bus, { from: 'beginning' }), 6)
  expect(new Set(seen.map(({ event }) => event.run))).toEqual(new Set(['ra', 'rb', 'ro']))
})

it('shows live texts of all users to the operator', async () => {
  const live = take(followLive(await bed.connectAs({ role: 'user' })), 1)
  const from = { agent: 'writer', run: 'rb', task: 'rb-t1' }
  const text = () =>
    publishLive(bed.writer, { owner: bob, ...from }, { type: 'text', ...from, level: 5, step: 1, text: 'x' })
  // The subscription may reach the server after the first text.
  const repeated = setInterval(text, 20)
  expect(await live).toMatchObject([{ owner: bob }])
  clearInterval(repeated)
})
