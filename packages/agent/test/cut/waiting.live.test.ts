import type { Grant, JournalRecord } from '@bailiwick/contract'
import { expect, it } from 'vitest'
import { type CutBed, type CutTask, openCutBed, type TaskEnd } from './cut-bed.ts'

/** Tasks of one worker. Starting a process costs more than a task. */
const AT_ONCE = 20

type Answers = NonNullable<CutTask['answers']>

interface Program {
  grant: Partial<Grant>
  codes: string[]
  /** What arrives in each round, after the task was left. The first round has no answer. */
  rounds: Answers[]
  output: unknown
}

const helper = { name: 'helper', description: 'x', level: 0 as const }

const PROGRAMS: Record<string, Program> = {
  'one approval': {
    grant: { approval: 'always' },
    codes: ['const before = Math.random()\nfinalAnswer([(await put({ n: 1 })).n, before])'],
    rounds: [{}, { '1.1': 'approve' }],
    output: [1, expect.any(Number)],
  },
  'three approvals at the same time, decided in reverse order': {
    grant: { approval: 'always' },
    codes: [
      'let log = []',
      `log.push(...(await Promise.all([1, 2, 3].map((n) => put({ n }).then((r) => r.n, (e) => e.message)))))`,
      'finalAnswer([log, Math.random()])',
    ],
    rounds: [{}, { '2.3': 'approve' }, { '2.2': 'reject' }, { '2.1': 'approve' }],
    output: [[1, 'ada rejected put', 3], expect.any(Number)],
  },
  'an approval beside a delegate': {
    grant: { approval: 'risky', delegates: [helper] },
    codes: [
      'let log = [await get({ n: 4 })]',
      `const both = await Promise.all([once({ n: 5 }).catch((e) => ({ n: e.message })), helper({ task: 'x' })])`,
      'finalAnswer([log[0].n, both[0].n, both[1].output])',
    ],
    rounds: [{}, { '2.2': { output: 'helped' } }, { '2.1': 'approve' }],
    output: [4, 5, 'helped'],
  },
}

function upTo(rounds: readonly Answers[], round: number): Answers {
  return Object.assign({}, ...rounds.slice(0, round + 1))
}

async function workInTurns(bed: CutBed, tasks: CutTask[]): Promise<TaskEnd[]> {
  const ends: TaskEnd[] = []
  for (let first = 0; first < tasks.length; first += AT_ONCE) {
    ends.push(...Object.values(await bed.work(tasks.slice(first, first + AT_ONCE))))
  }
  return ends
}

/** The calls of effect `once` that had left before the cut, and whose outcome had not been journaled. */
function lostCalls(records: readonly JournalRecord[], durable: number): string[] {
  const known = records.slice(0, durable)
  return known.flatMap((record) =>
    record.type === 'call.started' &&
    record.effect === 'once' &&
    !known.some((other) => other.type === 'call.ended' && other.call === record.call)
      ? [record.call]
      : [],
  )
}

function countOf(records: readonly JournalRecord[], type: JournalRecord['type']): number {
  return records.filter((record) => record.type === type).length
}

it.each(Object.entries(PROGRAMS))(
  'gives the same result if it is cut at any record: %s',
  async (name, program) => {
    const { grant, codes, rounds, output } = program
    await using bed = await openCutBed({ atOnce: AT_ONCE })
    const calm = { spec: bed.specOf('calm', name, grant), codes }
    /** Number of records at the end of each round. */
    const lengths: number[] = []
    for (const [round] of rounds.entries()) {
      const [end] = Object.values(await bed.work([{ ...calm, answers: upTo(rounds, round) }]))
      expect(end).toBe(round === rounds.length - 1 ? 'ended' : 'left')
      lengths.push((await bed.outcome('calm')).records.length)
    }
    const expected = await bed.outcome('calm')
    expect(expected).toMatchObject({ status: 'completed', output })
    const effects = (await bed.effects('calm')).sort()

    const tasks = expected.records.slice(1).map((_, index) => {
      const durable = index + 1
      const round = lengths.findIndex((length) => durable < length)
      const at = durable - (lengths[round - 1] ?? 0) + (round === 0 ? 0 : 1)
      const after = index % 2 === 0
      // After the cut, the next host learns of the same answers, or of all.
      const allAtOnce = index % 4 > 1
      const spec = bed.specOf(`cut-${index}`, name, grant)
      return {
        spec,
        codes,
        round,
        allAtOnce,
        after,
        durable,
        cut: { kind: 'any-record' as const, at, after },
      }
    })
    for (const [round] of rounds.entries()) {
      const answers = upTo(rounds, round)
      const now = tasks.filter((task) => task.round === round)
      const cuts = await workInTurns(
        bed,
        now.map(({ spec, codes, cut }) => ({ spec, codes, cut, answers })),
      )
      expect(new Set(cuts)).toEqual(new Set(['cut']))
      const going = tasks.filter((task) => !(task.allAtOnce && task.round < round))
      await workInTurns(
        bed,
        going.map(({ spec, codes, round: cutIn, allAtOnce }) => ({
          spec,
          codes,
          answers: allAtOnce && cutIn === round ? upTo(rounds, rounds.length) : answers,
        })),
      )
    }
    const faults: unknown[] = []
    for (const { spec, durable, after } of tasks) {
      const found = await bed.outcome(spec.task)
      const done = (await bed.effects(spec.task)).sort()
      const seen = { ...pick(found), effects: [...new Set(done)] }
      const asked = countOf(expected.records, 'call.asked')
      const lost = lostCalls(expected.records, durable + (after ? 1 : 0))
      if (countOf(found.records, 'call.asked') !== asked || countOf(found.records, 'call.decided') !== asked)
        faults.push([spec.task, found.records.map(({ type }) => type)])
      if (lost.length > 0) {
        // Nobody can tell whether the call took effect, and the code reads that.
        if (found.status !== 'completed' || done.length > effects.length) faults.push([spec.task, seen])
      } else if (JSON.stringify(seen) !== JSON.stringify({ ...pick(expected), effects }))
        faults.push([spec.task, seen])
    }
    expect(faults).toEqual([])
  },
  300_000,
)

function pick({ status, output, worlds, shown }: Awaited<ReturnType<CutBed['outcome']>>) {
  return { status, output, worlds, shown }
}
