import { listBells, markText, openJournal, SUBJECTS, sendControl } from '@bailiwick/bus'
import { type AgentDefinition, type Grant, type JournalRecord, toolCard } from '@bailiwick/contract'
import { defineAgent, defineTool } from '@bailiwick/core'
import { type ScriptedReply, scriptedModel } from '@bailiwick/core/testing'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { type BedCoordinator, type BedHost, type RunBed, runBed } from '../testing/run-bed.ts'
import { endTask } from './tasks/task-lifecycle.ts'

vi.setConfig({ testTimeout: 180_000, hookTimeout: 60_000 })

/** Hosts leave waiting tasks after this time. Short, so that the tests do not wait. */
const SUSPEND_AFTER_MS = 20

/** What was paid, by run. */
const paid: string[] = []
const pay = defineTool({
  name: 'pay',
  description: 'Pays.',
  input: z.object({ to: z.string() }),
  effect: 'once',
  run: ({ to }, { run }) => {
    paid.push(`${run} ${to}`)
    return `paid ${to}`
  },
})

const calls = (...made: [string, unknown][]): ScriptedReply => ({
  calls: made.map(([name, args]) => ({ name, arguments: args })),
})

/** Makes these calls in its first step, and answers with what they gave. */
function agent(name: string, delegates: string[], ...made: [string, unknown][]): AgentDefinition {
  return defineAgent({
    name,
    description: 'Pays.',
    level: delegates.length > 0 ? 4 : 3,
    tools: [pay],
    delegates,
    approval: 'risky',
    model: scriptedModel(({ lane, messages }) =>
      lane.step === 1
        ? calls(...made)
        : calls([
            'finalAnswer',
            { answer: /paid \w+|rejected pay/.exec(JSON.stringify(messages))?.[0] ?? 'nothing' },
          ]),
    ),
  })
}

const AGENTS = [
  agent('payer', [], ['pay', { to: 'Ada' }]),
  agent('lead', ['payer'], ['payer', { task: 'pay' }]),
  agent('boss', ['lead'], ['lead', { task: 'pay' }]),
  agent('both', ['payer'], ['pay', { to: 'Bob' }], ['payer', { task: 'pay' }]),
]

let bed: RunBed
let coordinator: BedCoordinator
const hosts: BedHost[] = []
beforeAll(async () => {
  bed = await runBed(undefined, {}, AGENTS)
  coordinator = await bed.coordinator()
  for (const { name } of AGENTS) hosts.push(await bed.host(name, { suspendAfterMs: SUSPEND_AFTER_MS }))
})
afterAll(() => bed[Symbol.asyncDispose]())

/** What a host journals that leaves a task with a question. */
const LEFT: JournalRecord[] = [
  {
    type: 'task.started',
    at: 1,
    attempt: 1,
    host: 'gone',
    engine: { node: '', v8: '', bailiwick: '' },
    level: 3,
  },
  { type: 'call.asked', at: 2, step: 1, call: '1.1', name: 'pay', arguments: '{"to":"Ada"}' },
  { type: 'task.waiting', at: 3, step: 1, calls: ['1.1'] },
]

/** Submits a run, and waits until its tasks wait for a person. @returns the calls that wait */
async function asking(run: string, of: string, count = 1, by = coordinator) {
  await by.runs.submit({ run, text: 'pay', inputs: [], strategy: 'direct', agent: of }, 'user')
  return waitingFor(run, count, by)
}

/** Waits until all tasks of a run wait for a person. @returns the calls that wait */
async function waitingFor(run: string, count: number, by = coordinator) {
  return vi.waitFor(
    async () => {
      const { asked, tasks } = await by.runs.get(run)
      expect(asked).toHaveLength(count)
      const records = await bed.records(run)
      for (const { task } of tasks) expect(lastOf(records, task)).toBe('task.waiting')
      return asked
    },
    { timeout: 60_000, interval: 20 },
  )
}

function lastOf(records: { task: string; record: JournalRecord }[], task: string): string | undefined {
  return records.findLast((one) => one.task === task)?.record.type
}

async function resultOf(run: string, by = coordinator) {
  return vi.waitFor(
    async () => {
      const { result } = await by.runs.get(run)
      expect(result).toBeDefined()
      return result
    },
    { timeout: 60_000, interval: 20 },
  )
}

async function typesOf(run: string, task?: string): Promise<string[]> {
  const records = await bed.records(run)
  return records.filter((one) => task === undefined || one.task === task).map(({ record }) => record.type)
}

const approve = (run: string, { task, call }: { task: string; call: string }) =>
  ({ run, task, call, decision: 'approve' }) as const
const reject = (run: string, { task, call }: { task: string; call: string }) =>
  ({ run, task, call, decision: 'reject' }) as const

describe('a decision', () => {
  it('wakes the task of its call, and is in both journals', async () => {
    const [question] = await asking('plain', 'payer')
    if (question === undefined) return
    expect(await coordinator.runs.decide(approve('plain', question), 'user')).toEqual({ accepted: true })
    expect((await coordinator.runs.get('plain')).asked).toEqual([])
    expect(await resultOf('plain')).toMatchObject({ status: 'completed', answer: 'paid Ada' })
    const types = (await typesOf('plain')).filter((type) => /decided|asked|waiting|task.started/.test(type))
    expect(types).toEqual([
      'task.started',
      'call.asked',
      'task.waiting',
      'run.decided',
      'task.started',
      'call.decided',
    ])
    expect(paid.filter((line) => line.startsWith('plain '))).toHaveLength(1)
  })

  it('counts once if two coordinators take opposite decisions at the same time', async () => {
    const other = await bed.coordinator({ id: 'c-2' })
    for (let round = 0; round < 10; round += 1) {
      const run = `rival-${round}`
      const [question] = await asking(run, 'payer')
      if (question === undefined) return
      const [yes, no] = await Promise.all([
        (round % 2 === 0 ? coordinator : other).runs.decide(approve(run, question), 'user'),
        (round % 2 === 0 ? other : coordinator).runs.decide(reject(run, question), 'user'),
      ])
      expect(yes.accepted).toBe(!no.accepted)
      const answer = yes.accepted ? 'paid Ada' : 'rejected pay'
      expect(await resultOf(run)).toMatchObject({ status: 'completed', answer })
      expect(paid.filter((line) => line.startsWith(`${run} `))).toHaveLength(yes.accepted ? 1 : 0)
    }
    await other.kill()
  })

  it('is refused if nothing waits for it, or not any more', async () => {
    const [question] = await asking('late', 'payer')
    if (question === undefined) return
    const refused = { accepted: false }
    const { task } = question
    const decide = coordinator.runs.decide.bind(coordinator.runs)
    expect(await decide(approve('late', { task, call: '9.9' }), 'user')).toEqual(refused)
    expect(await decide(approve('late', { task: 'late-t9', call: '1.1' }), 'user')).toEqual(refused)
    expect(await decide(approve('nowhere', question), 'user')).toEqual(refused)
    await coordinator.runs.cancel({ run: 'late' }, 'user')
    expect(await decide(approve('late', question), 'user')).toEqual(refused)
    expect((await coordinator.runs.get('late')).asked).toEqual([])
    expect((await typesOf('late', task)).slice(-2)).toEqual(['call.withdrawn', 'task.ended'])
    expect(paid.filter((line) => line.startsWith('late '))).toEqual([])
  })

  it('is refused if the person saw something else', async () => {
    const [question] = await asking('other', 'payer')
    if (question === undefined) return
    const decide = (shown: string) =>
      coordinator.runs.decide({ ...approve('other', question), shown: markText(shown).sha256 }, 'user')
    await expect(decide('{"to":"Mallory"}')).rejects.toThrow('Look at the call again')
    expect(await decide(question.arguments)).toEqual({ accepted: true })
    expect(await resultOf('other')).toMatchObject({ status: 'completed', answer: 'paid Ada' })
  })

  it.each([true, false])(
    'is not accepted if the question ends while it is stored (withdrawn: %s)',
    async (withdrawn) => {
      const run = `instant-${withdrawn}`
      const driver = await bed.coordinator({ id: `c-${run}` })
      const [question] = await asking(run, 'payer', 1, driver)
      if (question === undefined) return
      // Otherwise it would append to the run's journal first.
      await driver.kill()
      const other = await bed.coordinator({ id: 'c-7' })
      const { outbox } = other.bus
      const publish = outbox.publish.bind(outbox)
      const subject = SUBJECTS.journal('coordinator', run, 'run')
      outbox.publish = (to, ...rest) => {
        if (to !== subject) return publish(to, ...rest)
        outbox.publish = publish
        const canceled = { status: 'canceled', error: { code: 'canceled', message: 'x' } } as const
        const address = { writer: 'payer', run, task: question.task }
        void endTask(bed.bus, address, canceled, withdrawn ? [question.call] : []).then(() =>
          publish(to, ...rest),
        )
      }
      expect(await other.runs.decide(approve(run, question), 'user')).toEqual({ accepted: false })
      expect(await typesOf(run)).toContain('run.decided')
      expect(paid.filter((line) => line.startsWith(run))).toEqual([])
      const { task, call } = question
      const { unusedDecisions } = await other.runs.get(run)
      expect(unusedDecisions).toEqual(withdrawn ? [{ task, call, decision: 'approve', by: 'user' }] : [])
      await other.kill()
    },
  )

  it('is taken at once while no host of the agent lives, and reaches the next one', async () => {
    const [question] = await asking('hostless', 'payer')
    if (question === undefined) return
    await hosts[0]?.kill()
    const began = performance.now()
    expect(await coordinator.runs.decide(approve('hostless', question), 'user')).toEqual({ accepted: true })
    // It counts as decided, although no host knows.
    const decided = await coordinator.runs.get('hostless')
    expect(decided).toMatchObject({ status: 'working', asked: [], tasks: [{ status: 'working' }] })
    // Far below the three seconds that a poll for a host would take.
    expect(performance.now() - began).toBeLessThan(2_000)
    expect(await coordinator.runs.decide(reject('hostless', question), 'user')).toEqual({ accepted: false })
    hosts[0] = await bed.host('payer', { suspendAfterMs: SUSPEND_AFTER_MS })
    expect(await resultOf('hostless')).toMatchObject({ status: 'completed', answer: 'paid Ada' })
  })

  it('reaches a host that still has the task', async () => {
    await hosts[0]?.kill()
    const patient = await bed.host('payer', { suspendAfterMs: 600_000 })
    await coordinator.runs.submit(
      { run: 'held', text: 'x', inputs: [], strategy: 'direct', agent: 'payer' },
      'user',
    )
    const [question] = await vi.waitFor(
      async () => {
        const { asked } = await coordinator.runs.get('held')
        expect(asked).toHaveLength(1)
        return asked
      },
      { timeout: 60_000, interval: 20 },
    )
    if (question === undefined) return
    expect(await coordinator.runs.decide(approve('held', question), 'user')).toEqual({ accepted: true })
    expect(await resultOf('held')).toMatchObject({ status: 'completed', answer: 'paid Ada' })
    expect(await typesOf('held')).not.toContain('task.waiting')
    await patient.kill()
    hosts[0] = await bed.host('payer', { suspendAfterMs: SUSPEND_AFTER_MS })
  })
})

describe('a waiting task', () => {
  it('has no bell, and gets none from the next coordinator', async () => {
    const first = await bed.coordinator({ id: 'c-3' })
    const [question] = await asking('quiet', 'payer', 1, first)
    if (question === undefined) return
    await first.kill()
    const next = await bed.coordinator({ id: 'c-3' })
    expect((await listBells(bed.bus)).has({ agent: 'payer', task: question.task })).toBe(false)
    expect(next.runs.openTasks().map(({ task }) => task)).not.toContain(question.task)
    expect((await typesOf('quiet', question.task)).filter((type) => type === 'task.started')).toHaveLength(1)
    expect(await next.runs.decide(approve('quiet', question), 'user')).toEqual({ accepted: true })
    expect(await resultOf('quiet', next)).toMatchObject({ status: 'completed' })
    await next.kill()
  })

  it('is woken by the next coordinator if the first died right after the decision', async () => {
    const first = await bed.coordinator({ id: 'c-4' })
    const [question] = await asking('orphan', 'payer', 1, first)
    if (question === undefined) return
    // Another coordinator takes the decision while the one that drives the run is dead.
    await first.kill()
    expect(await coordinator.runs.decide(approve('orphan', question), 'user')).toEqual({ accepted: true })
    expect(lastOf(await bed.records('orphan'), question.task)).toBe('task.waiting')
    const next = await bed.coordinator({ id: 'c-4' })
    expect(await resultOf('orphan', next)).toMatchObject({ status: 'completed', answer: 'paid Ada' })
    await next.kill()
  })

  it('waits at every level of a chain of delegates, and none holds a host', async () => {
    const [question] = await asking('chain', 'boss')
    if (question === undefined) return
    const running = async () => hosts.map(({ hosted }) => hosted.host)
    expect(await running()).toHaveLength(AGENTS.length)
    expect(question.task).toMatch(/^chain-d/)
    await coordinator.runs.decide(approve('chain', question), 'user')
    expect(await resultOf('chain')).toMatchObject({ status: 'completed', answer: 'paid Ada' })
    const types = await typesOf('chain')
    expect(types.filter((type) => type === 'task.created')).toHaveLength(3)
    expect(types.filter((type) => type === 'task.waiting')).toHaveLength(3)
    expect(paid.filter((line) => line.startsWith('chain '))).toHaveLength(1)
  })

  it('ends with the call that waits for it, also if it has no host', async () => {
    await hosts[2]?.kill()
    const holding = await bed.host('boss', { suspendAfterMs: 600_000 })
    const run = 'canceled-chain'
    await coordinator.runs.submit({ run, text: 'x', inputs: [], strategy: 'direct', agent: 'boss' }, 'user')
    const open = await vi.waitFor(
      async () => {
        const { asked, tasks } = await coordinator.runs.get(run)
        expect(asked).toHaveLength(1)
        const records = await bed.records(run)
        const waiting = tasks.filter(({ task }) => lastOf(records, task) === 'task.waiting')
        expect(waiting).toHaveLength(2)
        return tasks
      },
      { timeout: 60_000, interval: 20 },
    )
    const cancel = { task: open.find(({ agent }) => agent === 'boss')?.task ?? '', reason: 'enough' }
    expect(await sendControl(bed.bus, 'boss', 'cancel', cancel)).toMatchObject([{ done: true }])
    await vi.waitFor(
      async () => {
        const { tasks, asked } = await coordinator.runs.get(run)
        expect(tasks.map(({ status }) => status)).toEqual(tasks.map(() => 'canceled'))
        expect(asked).toEqual([])
      },
      { timeout: 60_000, interval: 20 },
    )
    expect((await typesOf(run)).filter((type) => type === 'call.withdrawn')).toHaveLength(1)
    await holding.kill()
    hosts[2] = await bed.host('boss', { suspendAfterMs: SUSPEND_AFTER_MS })
  })

  it('uses up no wall time of its run', async () => {
    const run = 'slow-person'
    const wallMs = 3_000
    const began = Date.now()
    const budget = { wallMs }
    await coordinator.runs.submit(
      { run, text: 'x', inputs: [], strategy: 'direct', agent: 'lead', budget },
      'user',
    )
    const [question] = await waitingFor(run, 1)
    if (question === undefined) return
    await vi.waitFor(() => expect(Date.now() - began).toBeGreaterThan(2 * wallMs), {
      timeout: 60_000,
      interval: 50,
    })
    expect(await coordinator.runs.decide(approve(run, question), 'user')).toEqual({ accepted: true })
    expect(await resultOf(run)).toMatchObject({ status: 'completed', answer: 'paid Ada' })
  })

  it('ends at its deadline without a host, and withdraws its question', async () => {
    const run = 'dated'
    const task = 'dated-t1'
    const deadline = Date.now() + 1_000
    const at = Date.now()
    const first = await bed.coordinator({ id: 'c-6' })
    const common = { run, owner: 'user', text: 'x', inputs: [] }
    await openJournal(bed.bus, { writer: 'coordinator', run, task: 'run' }).append([
      { type: 'run.submitted', at, ...common, strategy: 'direct', budget: {} },
      { type: 'run.driven', at, coordinator: 'c-6' },
      { type: 'run.planned', at, tasks: [{ name: 't1', agent: 'payer', text: 'x', after: [], inputs: [] }] },
      { type: 'task.dispatched', at, name: 't1', task, agent: 'payer', attempt: 1 },
    ])
    const tools = [toolCard(pay)]
    const grant: Grant = { level: 3, tools, delegates: [], imports: [], budget: {}, approval: 'risky' }
    const spec = {
      ...common,
      task,
      agent: 'payer',
      name: 't1',
      results: {},
      grant,
      seed: 's',
      depth: 0,
      deadline,
    }
    await openJournal(bed.bus, { writer: 'payer', run, task }).append([
      { type: 'task.created', at, ...spec },
      ...LEFT,
    ])
    expect(await resultOf(run, first)).toMatchObject({ status: 'exhausted' })
    expect(Date.now()).toBeGreaterThanOrEqual(deadline)
    const records = (await bed.records(run)).filter((one) => one.task === task)
    expect(records.map(({ record }) => record.type).slice(-2)).toEqual(['call.withdrawn', 'task.ended'])
    expect(records.at(-1)?.record).toMatchObject({ error: { code: 'exhausted', limit: 'wallMs' } })
    await first.kill()
  })

  it('goes on in parts when several calls wait', async () => {
    const questions = await asking('several', 'both', 2)
    for (const question of questions.toReversed()) {
      expect(await coordinator.runs.decide(approve('several', question), 'user')).toEqual({ accepted: true })
    }
    expect(await resultOf('several')).toMatchObject({ status: 'completed' })
    expect(paid.filter((line) => line.startsWith('several ')).sort()).toEqual(['several Ada', 'several Bob'])
  })
})

it('finishes a run with a question and a delegate if its coordinator dies after any message', async () => {
  let finished = 0
  for (let count = 1; finished < 2; count += 1) {
    const run = `dies-${count}`
    const dying = await bed.coordinator({ id: 'c-5', diesAfter: count })
    let open: BedCoordinator = dying
    const going = async () => {
      await dying.runs.submit({ run, text: 'x', inputs: [], strategy: 'direct', agent: 'both' }, 'user')
    }
    const submitted = going().catch(() => {})
    // Decides on each question as soon as it is there, through whichever coordinator lives.
    const decided = new Set<string>()
    let died = false
    void dying.died.then(() => {
      died = true
    })
    await vi.waitFor(
      async () => {
        if (died && open === dying) {
          await submitted
          open = await bed.coordinator({ id: 'c-5' })
        }
        const { asked, result } = await open.runs.get(run)
        for (const question of asked) {
          const { accepted } = await open.runs.decide(approve(run, question), 'user')
          if (accepted) decided.add(`${question.task} ${question.call}`)
        }
        expect(result).toBeDefined()
      },
      { timeout: 60_000, interval: 30 },
    )
    expect((await open.runs.get(run)).result).toMatchObject({ status: 'completed' })
    expect(paid.filter((line) => line.startsWith(`${run} `)).sort()).toEqual([`${run} Ada`, `${run} Bob`])
    const types = await typesOf(run)
    for (const type of ['call.asked', 'call.decided', 'run.decided'])
      expect(
        types.filter((one) => one === type),
        `${run} ${type}`,
      ).toHaveLength(2)
    expect(open.notes).toEqual([])
    // After the last messages there is nothing left to die in.
    if (!died) finished += 1
    await open.kill()
  }
}, 600_000)
