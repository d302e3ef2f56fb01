import { readFile, stat } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { scratch } from '@bailiwick/coordinator/testing/scratch'
import { DAEMON, survivors, untilNoneSurvive } from '@bailiwick/coordinator/testing/survivors'
import { describe, expect, it } from 'vitest'
import { bareEnv, run, start } from './program.ts'

const DATA = fileURLToPath(new URL('../demo/seattle-weather.csv', import.meta.url))

/** Runs the demo with its scratch data below the folder, so that its processes are found by it. */
async function demo(folder: string, out: string, args: string[] = [], disturb?: () => void) {
  const program = start(['demo', '--out', out, ...args], { cwd: folder, env: bareEnv({ TMPDIR: folder }) })
  if (disturb !== undefined) {
    await program.until(/t1 \(analyst\) step 1/)
    disturb()
  }
  const ended = await program.ended
  expect(ended.code, ended.stderr).toBe(0)
  return { ...ended, report: await readFile(`${folder}/${out}/report.md`, 'utf8') }
}

describe('bailiwick demo, without a model', () => {
  it('writes the report, the chart and the run, and says what is pre-written', async () => {
    await using place = await scratch()
    const { code, stderr, stdout, report } = await demo(place.folder, 'out')
    expect(stderr.split('\n')[0]).toBe(
      'No model found: using prepared replies. Plan checks, processes, sandbox, tools, bus and figures are real.',
    )
    expect(code).toBe(0)
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
    // Every maximum of June 2015 is ten degrees higher.
    const warmer = csv.replaceAll(/^(2015-06-\d\d),([^,]+),([^,]+)/gm, (_row, date, rain, high) =>
      [date, rain, Number(high) + 10].join(','),
    )
    expect(warmer).not.toBe(csv)
    const file = await place.write('warmer.csv', warmer)
    const [usual, other] = [await demo(place.folder, 'a'), await demo(place.folder, 'b', ['--data', file])]
    const june = ({ report }: { report: string }) =>
      Number(/\*\*Temperature\*\*.*?June 2015.*?(\d+\.\d) °C/s.exec(report)?.[1])
    expect(june(other) - june(usual)).toBeCloseTo(10, 1)
  })

  it('gives the same report when an agent host is killed in the middle', async () => {
    await using place = await scratch()
    const undisturbed = await demo(place.folder, 'a')
    const disturbed = await demo(place.folder, 'b', [], () => {
      const hosts = survivors(place.folder).filter(({ command }) => command.includes('agents/analyst'))
      expect(hosts).toHaveLength(2)
      for (const { pid } of hosts) process.kill(pid, 'SIGKILL')
    })
    expect(disturbed.stderr).toContain('restarted, attempt')
    expect(disturbed.report).toBe(undisturbed.report)
  })

  it('gives the same report under sabotage, every effect once', async () => {
    await using place = await scratch()
    const undisturbed = await demo(place.folder, 'a')
    const disturbed = await demo(place.folder, 'b', ['--sabotage'])
    expect(disturbed.code).toBe(0)
    for (const victim of ['a sandbox of analyst', 'a host of analyst', 'nats-server', 'the daemon']) {
      expect(disturbed.stderr).toContain(`sabotage: killed ${victim}`)
    }
    expect(disturbed.stderr).toMatch(/sabotage: (\d+) calls? with an effect, \1 outcomes?: each ran once/)
    expect(disturbed.report).toBe(undisturbed.report)
    expect(await untilNoneSurvive(place.folder)).toEqual([])
  })

  it('leaves no process when Ctrl-C is pressed in the middle', async () => {
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

  it('refuses data that is not there', async () => {
    await using place = await scratch()
    const ended = await run(['demo', '--data', 'nowhere.csv'], { cwd: place.folder })
    expect(ended.stderr).toContain('--data: expected a file at')
    expect(ended.code).toBe(2)
  })
})
