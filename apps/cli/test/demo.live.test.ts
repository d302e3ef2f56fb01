import { readFile, stat } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { type Scratch, scratch } from '@bailiwick/coordinator/testing/scratch'
import { DAEMON, survivors, untilNoneSurvive } from '@bailiwick/coordinator/testing/survivors'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bareEnv, run, start } from './program.ts'

const DATA = fileURLToPath(new URL('../demo/seattle-weather.csv', import.meta.url))

/** Runs the demo with its temporary data below the folder, so that its processes can be found. */
async function demo(folder: string, args: string[] = [], disturb?: () => void) {
  const env = bareEnv({ TMPDIR: folder })
  const program = start(['demo', '--out', 'out', ...args], { cwd: folder, env })
  if (disturb !== undefined) {
    await program.until(/t1 \(analyst\) step 1/)
    disturb()
  }
  const ended = await program.ended
  expect(ended.code, ended.stderr).toBe(0)
  return { ...ended, report: await readFile(`${folder}/out/report.md`, 'utf8') }
}

describe('bailiwick demo, without a model', () => {
  let place: Scratch
  /** A run that nothing disturbs. */
  let usual: Awaited<ReturnType<typeof demo>>
  beforeAll(async () => {
    place = await scratch()
    usual = await demo(place.folder)
  })
  afterAll(() => place?.[Symbol.asyncDispose]())

  it('writes the report, the chart and the run, and says that the replies are prepared', async () => {
    const { stderr, stdout, report } = usual
    expect(stderr.split('\n')[0]).toBe(
      'No model found: using prepared replies. Plan checks, processes, sandbox, tools, bus and figures are real.',
    )
    expect(stdout).toContain('report.md')
    expect(report).toMatch(/^# /)
    expect(report).not.toContain('{{')
    const [, chart = ''] = /!\[[^\]]*\]\(([^)]+\.svg)\)/.exec(report) ?? []
    expect(await readFile(`${place.folder}/out/${chart}`, 'utf8')).toContain('<svg')
    expect((await stat(`${place.folder}/out/${chart.replace('.svg', '.png')}`)).size).toBeGreaterThan(1_000)
    expect(JSON.parse(await readFile(`${place.folder}/out/run.json`, 'utf8'))).toMatchObject({
      status: 'completed',
    })
    expect(await untilNoneSurvive(place.folder)).toEqual([])
  })

  it('computes its figures from the file: other numbers make another report', async () => {
    await using place = await scratch()
    const csv = await readFile(DATA, 'utf8')
    // Raises every maximum of June 2015 by ten degrees.
    const warmer = csv.replaceAll(/^(2015-06-\d\d),([^,]+),([^,]+)/gm, (_row, date, rain, high) =>
      [date, rain, Number(high) + 10].join(','),
    )
    expect(warmer).not.toBe(csv)
    const other = await demo(place.folder, ['--data', await place.write('warmer.csv', warmer)])
    const june = ({ report }: { report: string }) =>
      Number(/\*\*Temperature\*\*.*?June 2015.*?(\d+\.\d) °C/s.exec(report)?.[1])
    expect(june(other) - june(usual)).toBeCloseTo(10, 1)
  })

  it('writes the same report if all analyst hosts are killed', async () => {
    await using place = await scratch()
    const disturbed = await demo(place.folder, [], () => {
      const hosts = survivors(place.folder).filter(({ command }) => command.includes('agents/analyst'))
      expect(hosts).toHaveLength(2)
      for (const { pid } of hosts) process.kill(pid, 'SIGKILL')
    })
    expect(disturbed.stderr).toContain('restarted, attempt')
    expect(disturbed.report).toBe(usual.report)
  })

  it('writes the same report under sabotage, and runs every effect once', async () => {
    await using place = await scratch()
    const disturbed = await demo(place.folder, ['--sabotage'])
    for (const victim of ['a sandbox of analyst', 'a host of analyst', 'nats-server', 'the daemon']) {
      expect(disturbed.stderr).toContain(`sabotage: killed ${victim}`)
    }
    expect(disturbed.stderr).toMatch(/sabotage: (\d+) calls? with an effect, \1 outcomes?: each ran once/)
    expect(disturbed.report).toBe(usual.report)
    expect(await untilNoneSurvive(place.folder)).toEqual([])
  })

  it('leaves no process at Ctrl-C', async () => {
    await using place = await scratch()
    const program = start(['demo'], { cwd: place.folder, env: bareEnv({ TMPDIR: place.folder }) })
    await program.until(/t1 \(analyst\) started/)
    const kinds = survivors(place.folder).map(({ command }) => command)
    for (const kind of [DAEMON, /nats-server/, /toolbox/, /agents\/analyst/, /agents\/writer/]) {
      expect(kinds.some((command) => kind.test(command))).toBe(true)
    }
    program.child.kill('SIGINT')
    expect((await program.ended).code).toBe(130)
    expect(await untilNoneSurvive(place.folder)).toEqual([])
  })

  it('refuses a missing data file', async () => {
    await using place = await scratch()
    const ended = await run(['demo', '--data', 'nowhere.csv'], { cwd: place.folder })
    expect(ended.stderr).toContain('--data: expected a file at')
    expect(ended.code).toBe(2)
  })
})
