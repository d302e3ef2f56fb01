import { describe, expect, it } from 'vitest'
import { type Cut, type CutBed, type CutTask, openCutBed } from './cut-bed.ts'
import { randomOf, SET_UP, steadyProgram } from './steady-program.ts'

/** `BAILIWICK_CUT_PROGRAMS=1000` tries the whole thousand. */
const PROGRAMS = Number(process.env.BAILIWICK_CUT_PROGRAMS ?? 100)
const PROGRAMS_A_TASK = 5
const SEED = 71

const FINAL = 'finalAnswer(log)'

/** Effects in any order, calls that may be made again once each. */
const distinct = (lines: string[]) => [...new Set(lines)].sort()

async function compare(bed: CutBed, cut: string, undisturbed: string): Promise<string[]> {
  const [seen, wanted] = await Promise.all([bed.come(cut), bed.come(undisturbed)])
  const faults = (['status', 'output', 'worlds', 'shown'] as const).filter(
    (what) => JSON.stringify(seen[what]) !== JSON.stringify(wanted[what]),
  )
  const [made, asked] = [distinct(await bed.effects(cut)), distinct(await bed.effects(undisturbed))]
  const replies = seen.records.filter(({ type }) => type === 'step.replied').length
  return [
    ...faults.map(
      (what) => `${cut}: another ${what}: ${JSON.stringify(seen[what])} / ${JSON.stringify(wanted[what])}`,
    ),
    ...(JSON.stringify(made) === JSON.stringify(asked) ? [] : [`${cut}: other effects: ${made} / ${asked}`]),
    ...(seen.status === 'completed' ? [] : [`${cut}: ${seen.status}`]),
    // One for each step, and no more however often it died. A cut between a reply and its record asks again.
    ...(replies === wanted.worlds.length ? [] : [`${cut}: ${replies} replies`]),
  ]
}

describe('programs that are cut', () => {
  it(`at random points, ${PROGRAMS} of them, come to what they come to undisturbed`, async () => {
    // Every second task is of plain data, and its world written down after each step.
    await using bed = await openCutBed({ atOnce: 8, limits: { checkpointCpuMs: 0 } })
    const random = randomOf(SEED)
    const tasks = Array.from({ length: PROGRAMS / PROGRAMS_A_TASK }, (_, index) => ({
      cut: bed.specOf(`cut${index}`, `s${index}`),
      calm: bed.specOf(`calm${index}`, `s${index}`),
      codes: [
        SET_UP,
        ...Array.from({ length: PROGRAMS_A_TASK }, (_, n) =>
          steadyProgram(index * PROGRAMS_A_TASK + n, index % 2 === 0),
        ),
        FINAL,
      ],
    }))
    await bed.work(tasks.map(({ calm, codes }) => ({ spec: calm, codes })))
    let cuts = 0
    // Eight worlds live at once in a process, dead ones too: so many tasks are cut by one kill.
    for (let first = 0; first < tasks.length; first += 8) {
      const some = tasks.slice(first, first + 8)
      for (let program = 1; program <= PROGRAMS_A_TASK; program += 1) {
        const cut = (): Cut => ({
          kind: 'append',
          step: program + 1,
          at: 1 + Math.floor(random() * 5),
          after: random() < 0.5,
        })
        const ends = await bed.work(
          some.map(({ cut: spec, codes }): CutTask => ({ spec, codes, cut: cut() })),
        )
        cuts += Object.values(ends).filter((end) => end === 'cut').length
      }
    }
    await bed.work(tasks.map(({ cut: spec, codes }) => ({ spec, codes })))
    expect(cuts).toBeGreaterThan(PROGRAMS * 0.6)
    expect(bed.restored).toBeGreaterThan(PROGRAMS * 0.5)
    const faults: string[] = []
    for (const { cut, calm } of tasks) faults.push(...(await compare(bed, cut.task, calm.task)))
    expect(faults).toEqual([])
  }, 900_000)

  it('at every append, with steps that are killed for memory and time among them', async () => {
    // CPU time ends the endless loop: on a busy machine eight memory bombs at once would meet a short wall time first.
    await using bed = await openCutBed({ atOnce: 8, limits: { memoryMb: 24, wallMs: 30_000, cpuMs: 1_000 } })
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
    const tasks = Object.entries(programs).flatMap(([name, codes]) =>
      codes.flatMap((_, index) =>
        [1, 2].flatMap((at) =>
          [false, true].map((after) => ({
            spec: bed.specOf(`${name}-${index + 1}-${at}-${after ? 'after' : 'before'}`, name),
            calm: `${name}-calm`,
            codes,
            cut: { kind: 'append' as const, step: index + 1, at, after },
          })),
        ),
      ),
    )
    await bed.work(
      Object.entries(programs).map(([name, codes]) => ({ spec: bed.specOf(`${name}-calm`, name), codes })),
    )
    for (let first = 0; first < tasks.length; first += 8) await bed.work(tasks.slice(first, first + 8))
    await bed.work(tasks.map(({ spec, codes }) => ({ spec, codes })))
    const faults: string[] = []
    for (const { spec, calm } of tasks) faults.push(...(await compare(bed, spec.task, calm)))
    expect(faults).toEqual([])
    expect((await bed.come('memory-calm')).output).toEqual(expect.arrayContaining(['undefined']))
  }, 300_000)
})

describe('a turn that its processes do not survive', () => {
  const spin = 'let spun = 0; for (let i = 0; i < 3e7; i++) spun += i % 7'
  const programs: Record<string, { codes: string[]; lost: RegExp; told: string }> = {
    'the code itself': {
      codes: ['let log = [1]', `log.push(2); ${spin}`, 'log.push(typeof spun)', FINAL],
      lost: /Nothing that this step did remains/,
      told: '[1,"undefined"]',
    },
    'after an outcome': {
      codes: [
        'let log = [1]',
        `log.push((await put({ n: 2 })).n); log.push((await get({ n: 3 })).n); ${spin}`,
        'log.push(typeof spun)',
        FINAL,
      ],
      lost: /Everything after its last await was undone, including the outcome of call 2\.2/,
      told: '[1,2,"undefined"]',
    },
  }

  it('is begun twice, then undone and told, and the task goes on', async () => {
    await using bed = await openCutBed({ atOnce: 2 })
    const tasks = Object.entries(programs).map(([name, program], index) => ({
      ...program,
      name,
      spec: bed.specOf(`poison${index}`),
      // The turn runs, and its process is gone before it has committed.
      cut: { kind: 'append', step: 2, at: index === 0 ? 1 : 3, after: false, type: 'turn.committed' } as Cut,
    }))
    await bed.work(tasks)
    await bed.work(tasks.map((task) => ({ ...task, cut: { ...task.cut, at: 1 } as Cut })))
    await bed.work(tasks.map(({ spec, codes }) => ({ spec, codes })))
    for (const { name, spec, lost, told } of tasks) {
      const { status, output, shown, records } = await bed.come(spec.task)
      const types = records.flatMap(({ type }) => (/again|void|attempt/.test(type) ? [type] : []))
      expect(types, name).toEqual([
        'task.started',
        'task.started',
        'turn.restarted',
        'task.started',
        'turn.voided',
      ])
      expect([status, JSON.stringify(output)], name).toEqual(['completed', told])
      expect(shown[1], name).toMatch(/CrashedError: 2 processes died in it, one after the other/)
      expect(shown[1], name).toMatch(lost)
      // What it called before stands, and was called once.
      expect(await bed.effects(spec.task)).toHaveLength(name === 'after an outcome' ? 2 : 0)
    }
  }, 120_000)
})

describe('a call whose process dies', () => {
  const step = 1
  const moments: [string, (tool: string) => Cut][] = [
    ['before it was made', () => ({ kind: 'append', step, at: 1, after: false, type: 'call.started' })],
    ['before its effect', (tool) => ({ kind: 'call', tool, after: false })],
    ['after its effect', (tool) => ({ kind: 'call', tool, after: true })],
    [
      'before its outcome was journaled',
      () => ({ kind: 'append', step, at: 1, after: false, type: 'call.ended' }),
    ],
    [
      'after its outcome was journaled',
      () => ({ kind: 'append', step, at: 1, after: true, type: 'call.ended' }),
    ],
  ]
  /** Times that the effect happened at most (exactly, where it is `once`), by moment; and where the code is told that nobody knows. */
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

  it('has as many effects as its kind allows, one by key, and a code that knows', async () => {
    await using bed = await openCutBed({ atOnce: 8 })
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
    for (let first = 0; first < tasks.length; first += 8) {
      const ends = await bed.work(tasks.slice(first, first + 8))
      expect(Object.values(ends).every((end) => end === 'cut')).toBe(true)
    }
    await bed.work(tasks.map(({ spec, codes }) => ({ spec, codes })))
    for (const { tool, moment, index, spec } of tasks) {
      const [times, unknown] = expected[tool] ?? [[], []]
      const lines = await bed.effects(spec.task)
      const most = times[index] ?? 0
      expect(lines.length, `${tool} ${moment}`).toBeLessThanOrEqual(most)
      expect(lines.length, `${tool} ${moment}`).toBeGreaterThanOrEqual(tool === 'once' ? most : 1)
      expect(distinct(lines).length, moment).toBeLessThanOrEqual(1)
      const { status, output } = await bed.come(spec.task)
      expect(status).toBe('completed')
      if (unknown[index])
        expect(String(output), `${tool} ${moment}`).toMatch(/whether it took effect is unknown/)
      else expect(output, `${tool} ${moment}`).toBe(3)
    }
  }, 120_000)
})
