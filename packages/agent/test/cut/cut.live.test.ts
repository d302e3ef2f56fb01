import { describe, expect, it } from 'vitest'
import { type Cut, type CutBed, type CutTask, openCutBed, type TaskEnd } from './cut-bed.ts'
import { randomOf, SET_UP, steadyProgram } from './steady-program.ts'

/** `BAILIWICK_CUT_PROGRAMS=1000` runs more programs. */
const PROGRAMS = Number(process.env.BAILIWICK_CUT_PROGRAMS ?? 40)
const PROGRAMS_PER_TASK = 5
const SEED = 71
/** Tasks of one worker. Starting a process costs more than a task. */
const AT_ONCE = 20

const FINAL = 'finalAnswer(log)'

/** Effects in any order. Calls that may be repeated count once. */
const distinct = (lines: string[]) => [...new Set(lines)].sort()

async function compare(bed: CutBed, cut: string, undisturbed: string): Promise<string[]> {
  const [found, expected] = await Promise.all([bed.outcome(cut), bed.outcome(undisturbed)])
  const faults = (['status', 'output', 'worlds', 'shown'] as const).filter(
    (what) => JSON.stringify(found[what]) !== JSON.stringify(expected[what]),
  )
  const [effects, expectedEffects] = [
    distinct(await bed.effects(cut)),
    distinct(await bed.effects(undisturbed)),
  ]
  const replies = found.records.filter(({ type }) => type === 'step.replied').length
  return [
    ...faults.map(
      (what) =>
        `${cut}: expected ${what} ${JSON.stringify(expected[what])}, found ${JSON.stringify(found[what])}`,
    ),
    ...(JSON.stringify(effects) === JSON.stringify(expectedEffects)
      ? []
      : [`${cut}: expected effects ${expectedEffects}, found ${effects}`]),
    ...(found.status === 'completed' ? [] : [`${cut}: ${found.status}`]),
    // One reply per step. A cut between a reply and its record repeats the request, but the journal has one record.
    ...(replies === expected.worlds.length ? [] : [`${cut}: ${replies} replies`]),
  ]
}

/** How many records an undisturbed task has of each step: `counts[1]` is step 1. */
async function recordCounts(bed: CutBed, task: string): Promise<number[]> {
  const counts: number[] = []
  for (const record of (await bed.outcome(task)).records) {
    if ('step' in record && record.step !== undefined) counts[record.step] = (counts[record.step] ?? 0) + 1
  }
  return counts
}

async function workInTurns(bed: CutBed, tasks: CutTask[]): Promise<TaskEnd[]> {
  const ends: TaskEnd[] = []
  for (let first = 0; first < tasks.length; first += AT_ONCE) {
    ends.push(...Object.values(await bed.work(tasks.slice(first, first + AT_ONCE))))
  }
  return ends
}

describe('programs that are cut', () => {
  it(`give the same results as undisturbed, for ${PROGRAMS} programs cut at random records`, async () => {
    // Every second task has plain data, so that its world gets a checkpoint after each step.
    await using bed = await openCutBed({ atOnce: AT_ONCE, limits: { checkpointCpuMs: 0 } })
    const random = randomOf(SEED)
    const tasks = Array.from({ length: PROGRAMS / PROGRAMS_PER_TASK }, (_, index) => ({
      cut: bed.specOf(`cut${index}`, `s${index}`),
      calm: bed.specOf(`calm${index}`, `s${index}`),
      codes: [
        SET_UP,
        ...Array.from({ length: PROGRAMS_PER_TASK }, (_, n) =>
          steadyProgram(index * PROGRAMS_PER_TASK + n, index % 2 === 0),
        ),
        FINAL,
      ],
    }))
    await bed.work(tasks.map(({ calm, codes }) => ({ spec: calm, codes })))
    const counts = await Promise.all(tasks.map(({ calm }) => recordCounts(bed, calm.task)))
    let cuts = 0
    for (let step = 2; step <= PROGRAMS_PER_TASK + 1; step += 1) {
      const cut = (records = 0): Cut => ({
        kind: 'record',
        step,
        at: 1 + Math.floor(random() * records),
        after: random() < 0.5,
      })
      const ends = await workInTurns(
        bed,
        tasks.map(({ cut: spec, codes }, index) => ({ spec, codes, cut: cut(counts[index]?.[step]) })),
      )
      cuts += ends.filter((end) => end === 'cut').length
    }
    await bed.work(tasks.map(({ cut: spec, codes }) => ({ spec, codes })))
    expect(cuts).toBe(PROGRAMS)
    // At least the steps before each cut of a task with plain data.
    expect(bed.restored).toBeGreaterThanOrEqual(PROGRAMS)
    const faults: string[] = []
    for (const { cut, calm } of tasks) faults.push(...(await compare(bed, cut.task, calm.task)))
    expect(faults).toEqual([])
  }, 900_000)

  it('give the same results if they are cut at any record, also around steps that are killed', async () => {
    // CPU time ends the endless loop: on a busy machine the memory bombs would exceed a short wall time first.
    await using bed = await openCutBed({
      atOnce: AT_ONCE,
      limits: { memoryMb: 24, wallMs: 30_000, cpuMs: 300 },
    })
    const programs: Record<string, string[]> = {
      calls: [
        'let log = [await get({ n: 1 })]',
        'log.push(...(await Promise.all([get({ n: 2 }), put({ n: 3 }), maybe({ n: 4 }).catch((e) => e.message)])))',
        'for (let i = 1; i < 4; i++) log.push(await put({ n: i }), Math.random())',
        FINAL,
      ],
      memory: [
        'let log = [await put({ n: 1 })]',
        'log.push(await put({ n: 2 })); const bomb = []; for (;;) bomb.push(new Array(1_000_000).fill(log))',
        'log.push(await get({ n: 3 }), typeof bomb)',
        FINAL,
      ],
      time: [
        'let log = [1]',
        'log.push(await put({ n: 2 })); for (;;);',
        'log.push(await get({ n: 3 }))',
        FINAL,
      ],
    }
    await bed.work(
      Object.entries(programs).map(([name, codes]) => ({ spec: bed.specOf(`${name}-calm`, name), codes })),
    )
    const tasks: (CutTask & { calm: string })[] = []
    for (const [name, codes] of Object.entries(programs)) {
      for (const [step, records = 0] of (await recordCounts(bed, `${name}-calm`)).entries()) {
        // Cut the programs that are killed only in the step that kills them.
        if (name !== 'calls' && step !== 2) continue
        for (let at = 1; at <= records; at += 1) {
          const after = (step + at) % 2 === 0
          const spec = bed.specOf(`${name}-${step}-${at}-${after ? 'after' : 'before'}`, name)
          tasks.push({ spec, codes, calm: `${name}-calm`, cut: { kind: 'record', step, at, after } })
        }
      }
    }
    expect(tasks.length).toBeGreaterThan(48)
    expect(new Set(await workInTurns(bed, tasks))).toEqual(new Set(['cut']))
    await bed.work(tasks.map(({ spec, codes }) => ({ spec, codes })))
    const faults: string[] = []
    for (const { spec, calm } of tasks) faults.push(...(await compare(bed, spec.task, calm)))
    expect(faults).toEqual([])
    expect((await bed.outcome('memory-calm')).output).toEqual(expect.arrayContaining(['undefined']))
  }, 300_000)
})

describe('a turn that kills its processes', () => {
  const spin = 'let spun = 0; for (let i = 0; i < 3e7; i++) spun += i % 7'
  const programs: Record<string, { codes: string[]; lost: RegExp; output: string }> = {
    'the code itself': {
      codes: ['let log = [1]', `log.push(2); ${spin}`, 'log.push(typeof spun)', FINAL],
      lost: /Nothing that this step did remains/,
      output: '[1,"undefined"]',
    },
    'after an outcome': {
      codes: [
        'let log = [1]',
        `log.push((await put({ n: 2 })).n); log.push((await get({ n: 3 })).n); ${spin}`,
        'log.push(typeof spun)',
        FINAL,
      ],
      lost: /Everything after its last await was undone, including the outcome of call 2\.2/,
      output: '[1,2,"undefined"]',
    },
  }

  it('is restarted once, then voided; the model learns of it, and the task continues', async () => {
    await using bed = await openCutBed({ atOnce: 2 })
    const tasks = Object.entries(programs).map(([name, program], index) => ({
      ...program,
      name,
      spec: bed.specOf(`poison${index}`),
      // The turn runs, and its process dies before the turn is durable.
      cut: { kind: 'record', step: 2, at: index === 0 ? 1 : 3, after: false, type: 'turn.committed' } as Cut,
    }))
    await bed.work(tasks)
    await bed.work(tasks.map((task) => ({ ...task, cut: { ...task.cut, at: 1 } as Cut })))
    await bed.work(tasks.map(({ spec, codes }) => ({ spec, codes })))
    for (const { name, spec, lost, output: expected } of tasks) {
      const { status, output, shown, records } = await bed.outcome(spec.task)
      const types = records.map(({ type }) => type)
      expect(
        types.filter((type) => ['task.started', 'turn.restarted', 'turn.voided'].includes(type)),
        name,
      ).toEqual(['task.started', 'task.started', 'turn.restarted', 'task.started', 'turn.voided'])
      expect([status, JSON.stringify(output)], name).toEqual(['completed', expected])
      expect(shown[1], name).toMatch(/CrashedError: 2 processes died in it, one after the other/)
      expect(shown[1], name).toMatch(lost)
      // Earlier calls of the step stand, and were made once.
      expect(await bed.effects(spec.task)).toHaveLength(name === 'after an outcome' ? 2 : 0)
    }
  }, 300_000)
})

describe('a call whose process dies', () => {
  const step = 1
  const moments: [string, (tool: string) => Cut][] = [
    ['before it was made', () => ({ kind: 'record', step, at: 1, after: false, type: 'call.started' })],
    ['before its effect', (tool) => ({ kind: 'call', tool, after: false })],
    ['after its effect', (tool) => ({ kind: 'call', tool, after: true })],
    [
      'before its outcome was journaled',
      () => ({ kind: 'record', step, at: 1, after: false, type: 'call.ended' }),
    ],
    [
      'after its outcome was journaled',
      () => ({ kind: 'record', step, at: 1, after: true, type: 'call.ended' }),
    ],
  ]
  /**
   * For each moment: how often the effect may happen (for `once`: must happen), and whether the code reads that the
   * outcome is unknown.
   */
  const expected: Record<string, [times: number[], unknown: boolean[]]> = {
    get: [
      [2, 1, 2, 2, 1],
      [false, false, false, false, false],
    ],
    put: [
      [1, 1, 2, 2, 1],
      [false, false, false, false, false],
    ],
    once: [
      [1, 0, 1, 1, 1],
      [false, true, true, true, false],
    ],
  }

  it('has as many effects as its kind allows, all under one key, and an outcome that the code reads', async () => {
    await using bed = await openCutBed({ atOnce: AT_ONCE })
    const tasks = Object.keys(expected).flatMap((tool) =>
      moments.map(([moment, cut], index) => ({
        tool,
        moment,
        index,
        spec: bed.specOf(`${tool}-${index}`),
        codes: [
          `let seen; try { seen = (await ${tool}({ n: 3 })).n } catch (e) { seen = e.message }; finalAnswer(seen)`,
        ],
        cut: cut(tool),
      })),
    )
    expect(new Set(Object.values(await bed.work(tasks)))).toEqual(new Set(['cut']))
    await bed.work(tasks.map(({ spec, codes }) => ({ spec, codes })))
    for (const { tool, moment, index, spec } of tasks) {
      const [times, unknown] = expected[tool] ?? [[], []]
      const lines = await bed.effects(spec.task)
      const most = times[index] ?? 0
      expect(lines.length, `${tool} ${moment}`).toBeLessThanOrEqual(most)
      expect(lines.length, `${tool} ${moment}`).toBeGreaterThanOrEqual(tool === 'once' ? most : 1)
      expect(distinct(lines).length, moment).toBeLessThanOrEqual(1)
      const { status, output } = await bed.outcome(spec.task)
      expect(status).toBe('completed')
      if (unknown[index])
        expect(String(output), `${tool} ${moment}`).toMatch(/whether it took effect is unknown/)
      else expect(output, `${tool} ${moment}`).toBe(3)
    }
  }, 300_000)
})
